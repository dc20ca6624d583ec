/** What stands in the place of a secret. */
const HIDDEN = '[secret]';
/** A beginning of this length is part of a secret, and not a word that begins alike; a shorter line of one tells nothing. */
const TELLING = 8;

export interface Mask {
  /** From now on these are hidden. */
  hide(secret: string): void;
  /** What may be shown of a stream so far; what could be the beginning of a secret waits for the next piece. */
  next(chunk: Uint8Array): Buffer;
  /** The rest, once the stream has ended. */
  rest(): Buffer;
  text(text: string): string;
}

/**
 * Hides secrets in a stream of bytes that arrives in any pieces: as they are, line by line (a key file), and in the spellings that programs
 * print by themselves (hexadecimal, base64 at each of its three alignments, as in an Authorization header; escaped as in JSON or an
 * address). Whoever reads a log may have fewer rights than the token that stands in it.
 */
export function createMask(): Mask {
  let patterns: string[] = [];
  let find = finder(patterns);
  let waiting = '';

  /** The length of the longest end of a text that a secret could begin with. */
  function begun(text: string): number {
    let longest = 0;
    for (const pattern of patterns) {
      const first = pattern[0]!;
      for (
        let at = text.indexOf(first, Math.max(0, text.length - pattern.length + 1));
        at >= 0 && text.length - at > longest;
        at = text.indexOf(first, at + 1)
      )
        if (pattern.startsWith(text.slice(at))) longest = text.length - at;
    }
    return longest;
  }

  /** With the secrets hidden, and what waits for more where more may come: it is the same however the text was cut. */
  function split(text: string, more: boolean): { shown: string; held: string } {
    let [shown, at] = ['', 0];
    let hold = more ? text.length - begun(text) : text.length;
    for (;;) {
      const match = find(text, at);
      // A longer one could begin where a shorter one is whole already, or before it.
      if (!match || match.at >= hold) return { shown: shown + text.slice(at, hold), held: text.slice(hold) };
      shown += text.slice(at, match.at) + HIDDEN;
      at = match.at + match.length;
      if (at > hold) hold = text.length - begun(text.slice(at));
    }
  }

  return {
    hide(secret) {
      patterns = [...new Set([...patterns, ...spellings(secret)])].filter((one) => one !== '');
      find = finder(patterns);
    },
    next(chunk) {
      const { shown, held } = split(waiting + latin(chunk), true);
      waiting = held;
      return Buffer.from(shown, 'latin1');
    },
    rest() {
      const text = waiting.length >= TELLING ? HIDDEN : waiting;
      waiting = '';
      return Buffer.from(text, 'latin1');
    },
    text: (text) => Buffer.from(split(latin(Buffer.from(text)), false).shown, 'latin1').toString('utf8'),
  };
}

type Find = (text: string, from: number) => { at: number; length: number } | undefined;

/** Where the first of some patterns stands in a text, and the longest that does there. Many long ones are more than one expression may hold. */
function finder(patterns: readonly string[]): Find {
  const width = Math.min(TELLING, ...patterns.map(({ length }) => length));
  const byHead = new Map<string, string[]>();
  const begins = new Uint8Array(0x1_00_00);
  for (const pattern of patterns.toSorted((a, b) => b.length - a.length)) {
    const head = pattern.slice(0, width);
    byHead.set(head, [...(byHead.get(head) ?? []), pattern]);
    begins[pair(pattern, 0)] = 1;
  }
  return (text, from) => {
    if (byHead.size === 0) return undefined;
    for (let at = from; at <= text.length - width; at++) {
      if (begins[pair(text, at)] === 0) continue;
      const found = byHead.get(text.slice(at, at + width))?.find((one) => text.startsWith(one, at));
      if (found !== undefined) return { at, length: found.length };
    }
    return undefined;
  };
}

/** Two characters of a text as one number; each is a byte. */
const pair = (text: string, at: number): number =>
  (text.charCodeAt(at) << 8) | (text.charCodeAt(at + 1) & 0xff);

/** Latin-1 keeps each byte as one character, so characters that are cut in two stay whole. */
const latin = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

function spellings(secret: string): string[] {
  const lines = secret.split(/[\r\n]+/).filter((line) => line.length >= TELLING);
  return [secret, ...(lines.length > 1 || lines[0] !== secret ? lines : [])].flatMap(spelled);
}

function spelled(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].flatMap((before) => {
    const all = Buffer.concat([Buffer.alloc(before), bytes]);
    // Characters that hold bits of neighbours are not the secret's own.
    const own = (text: string): string =>
      text.slice(before === 0 ? 0 : before + 1, Math.floor((all.length * 8) / 6));
    return [own(all.toString('base64')), own(all.toString('base64url'))];
  });
  const hex = bytes.toString('hex');
  // Between single quotes, as Python and JavaScript show a text.
  const literal = secret.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  const json = JSON.stringify(secret).slice(1, -1);
  const ascii = json.replaceAll(
    /[^\0-\x7f]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const address = encodeURIComponent(secret.toWellFormed());
  const strict = address.replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
  return [
    ...[secret, literal, json, ascii, address, strict].map((text) => latin(Buffer.from(text))),
    hex,
    hex.toUpperCase(),
    ...base64,
  ];
}
