/** A command with its `{name}` placeholders found. */
export type Piece =
  | { kind: 'text'; text: string }
  | {
      kind: 'reference';
      /** As written, with braces. */
      raw: string;
      /** `train`, or `prep.train` where a step is named. */
      name: string;
      /** Path below it, without a leading slash: `{flights/may.parquet}`. */
      below: string;
    };

const PLACEHOLDER =
  /\$\{[^}]*\}|\{\{([A-Za-z_][\w.-]*(?:\/[^{}\s]*)?)\}\}|\{([A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)?)(?:\/([^{}\s]*))?\}/g;

/**
 * Splits at placeholders. `${VAR}` belongs to the shell, `{{name}}` is the text `{name}`, and braces around anything but
 * a name (`{ print $1 }`, `{a,b}`, JSON) are text.
 */
export function parseCommand(run: string): Piece[] {
  const pieces: Piece[] = [];
  let text = '';
  let from = 0;
  for (const match of run.matchAll(PLACEHOLDER)) {
    text += run.slice(from, match.index);
    from = match.index + match[0].length;
    const [raw, escaped, name, below] = match;
    if (name !== undefined) {
      if (text !== '') pieces.push({ kind: 'text', text });
      text = '';
      pieces.push({ kind: 'reference', raw, name, below: below ?? '' });
    } else {
      text += escaped === undefined ? raw : `{${escaped}}`;
    }
  }
  text += run.slice(from);
  if (text !== '') pieces.push({ kind: 'text', text });
  return pieces;
}

/**
 * The command as it counts for the cache: runs of blanks mean nothing to the shell where nothing is quoted, so a command
 * that was only laid out anew stays the same. With quotes, escapes or here-documents only its ends are trimmed.
 */
export function normalise(run: string): string {
  if (/["'\\`#]|<</.test(run)) return run.trim();
  return run
    .split('\n')
    .map((line) => line.trim().replaceAll(/[ \t]+/g, ' '))
    .filter((line) => line !== '')
    .join('\n');
}

/** A word that the shell takes as it is, whatever it holds. */
export const quote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** The command with every placeholder replaced by a quoted word. */
export const substitute = (
  pieces: readonly Piece[],
  value: (piece: Extract<Piece, { kind: 'reference' }>) => string,
): string => pieces.map((piece) => (piece.kind === 'text' ? piece.text : quote(value(piece)))).join('');
