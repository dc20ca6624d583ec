/** A project file as coloured pieces, and where in it a step is written. Only for reading: what it cannot make out stays plain. Pure. */

export type PieceKind = 'key' | 'text' | 'number' | 'name' | 'comment' | 'plain';
export interface Piece {
  kind: PieceKind;
  text: string;
}

export function yamlPieces(line: string): Piece[] {
  const pieces: Piece[] = [];
  const add = (kind: PieceKind, text: string) => {
    if (text !== '') pieces.push({ kind, text });
  };
  const commentAt = commentStart(line);
  const code = line.slice(0, commentAt);
  const head = /^(\s*(?:- )*)((?:"[^"]*"|'[^']*'|[^\s:#"'{}[\],][^:#{}[\],]*):)(?=\s|$)/.exec(code);
  let rest = code;
  if (head) {
    add('plain', head[1]!);
    add('key', head[2]!);
    rest = code.slice(head[0].length);
  }
  let at = 0;
  for (const found of rest.matchAll(
    /"[^"]*"|'[^']*'|\{[A-Za-z0-9_.-]+\}|(?<=[{,]\s*)[A-Za-z_][\w.-]*:(?=\s)|(?<![\w.@-])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?:\s*(?:[KMGT]i?B|ms|[smhd]))?(?![\w.@-])/g,
  )) {
    const text = found[0];
    add('plain', rest.slice(at, found.index));
    add(
      text.startsWith('{') ? 'name' : text.endsWith(':') ? 'key' : /^["']/.test(text) ? 'text' : 'number',
      text,
    );
    at = found.index + text.length;
  }
  add('plain', rest.slice(at));
  add('comment', line.slice(commentAt));
  return pieces;
}

/** A `#` begins a comment at the line's start or after white space, outside quotes. */
function commentStart(line: string): number {
  let quote = '';
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    if (quote !== '') {
      if (c === quote) quote = '';
    } else if (c === '#' && (i === 0 || /\s/.test(line[i - 1]!))) return i;
    else if ((c === '"' || c === "'") && (i === 0 || /[\s:,[{]/.test(line[i - 1]!))) quote = c;
  }
  return line.length;
}

/** First and last line (from 0) of a step under `steps:`. */
export function stepLines(
  lines: readonly string[],
  step: string,
): { first: number; last: number } | undefined {
  const start = lines.findIndex((line) => /^steps:\s*(#.*)?$/.test(line));
  if (start < 0) return undefined;
  const indentOf = (line: string) => line.length - line.trimStart().length;
  const bare = (line: string) => line.trim() === '' || line.trimStart().startsWith('#');
  let level: number | undefined;
  for (let i = start + 1; i < lines.length; i++) {
    const line = lines[i]!;
    if (bare(line)) continue;
    const indent = indentOf(line);
    if (indent === 0) return undefined;
    level ??= indent;
    if (indent !== level) continue;
    const name = /^\s*("[^"]*"|'[^']*'|[^:]+):(\s|$)/
      .exec(line)?.[1]
      ?.trim()
      .replace(/^["']|["']$/g, '');
    if (name !== step) continue;
    let last = i;
    for (let j = i + 1; j < lines.length; j++) {
      if (bare(lines[j]!)) continue;
      if (indentOf(lines[j]!) <= indent) break;
      last = j;
    }
    return { first: i, last };
  }
  return undefined;
}
