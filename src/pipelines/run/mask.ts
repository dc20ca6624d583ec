/** What stands in the place of a secret. */
const HIDDEN = '[secret]';
/** A beginning of this length is part of a secret, and not a word that begins alike. */
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
 * Hides secrets in a stream of bytes that arrives in any pieces: as they are, and in the spellings that programs print by themselves
 * (hexadecimal, base64 at each of its three alignments, as in an Authorization header). Whoever reads a log may have fewer rights
 * than the token that stands in it.
 */
export function createMask(): Mask {
  let patterns: string[] = [];
  let found: RegExp | undefined;
  let waiting = '';

  const replaced = (text: string): string => (found ? text.replaceAll(found, HIDDEN) : text);

  /** The length of the longest end of a text that a secret could begin with. */
  function begun(text: string): number {
    const longest = Math.min(text.length, Math.max(0, ...patterns.map(({ length }) => length - 1)));
    for (let n = longest; n > 0; n--) {
      const end = text.slice(-n);
      if (patterns.some((pattern) => pattern.startsWith(end))) return n;
    }
    return 0;
  }

  return {
    hide(secret) {
      patterns = [...new Set([...patterns, ...spellings(secret)])].toSorted((a, b) => b.length - a.length);
      found = new RegExp(patterns.map((one) => one.replaceAll(/[^\w]/g, '\\$&')).join('|'), 'g');
    },
    next(chunk) {
      // Latin-1 keeps each byte as one character, so characters that are cut in two stay whole.
      const text = replaced(waiting + Buffer.from(chunk).toString('latin1'));
      const held = begun(text);
      waiting = text.slice(text.length - held);
      return Buffer.from(text.slice(0, text.length - held), 'latin1');
    },
    rest() {
      const text = waiting.length >= TELLING ? HIDDEN : waiting;
      waiting = '';
      return Buffer.from(text, 'latin1');
    },
    text: replaced,
  };
}

function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].flatMap((before) => {
    const all = Buffer.concat([Buffer.alloc(before), bytes]);
    // Characters that hold bits of neighbours are not the secret's own.
    const own = (text: string): string =>
      text.slice(before === 0 ? 0 : before + 1, Math.floor((all.length * 8) / 6));
    return [own(all.toString('base64')), own(all.toString('base64url'))];
  });
  const hex = bytes.toString('hex');
  return [secret, hex, hex.toUpperCase(), ...base64];
}
