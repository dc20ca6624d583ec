import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { parseJson } from '../shared/json.ts';

/** An array of numbers that was left out of the JSON: where it lies in the bytes. */
export interface Cut {
  /** Stands in its place; nobody can send it, because nobody knows it. */
  mark: string;
  start: number;
  end: number;
}

/** From this size on it pays to read the numbers of `data` ourselves. */
const WORTH = 400;
const MARK = `cut-${randomBytes(12).toString('hex')}`;
const KEY = Buffer.from('"data"');
const [QUOTE, BACKSLASH, COLON, OPEN, CLOSE] = [0x22, 0x5c, 0x3a, 0x5b, 0x5d];

/**
 * Parses the body, with the last big `data` array cut out: V8 would make an array of boxed numbers of it, only to be copied
 * into a typed one. Anything that is not plainly such an array is left to the ordinary parser.
 */
export function parseEnvelope(json: Buffer): { value: unknown; cut: Cut | undefined } {
  if (json.length >= WORTH) {
    const cut = find(json);
    if (cut && cut.end - cut.start > json.length / 2) {
      const before = json.subarray(0, cut.start);
      const after = json.subarray(cut.end);
      if (isUtf8(before) && isUtf8(after)) {
        try {
          return { value: JSON.parse(`${before.toString()}"${MARK}"${after.toString()}`), cut };
        } catch {
          // The ordinary way says what is wrong, with its place in the whole.
        }
      }
    }
  }
  return { value: parseJson(json), cut: undefined };
}

/** The first `"data": [ … ]` that is larger than all around it can be. */
function find(json: Buffer): Cut | undefined {
  for (let at = json.indexOf(KEY); at !== -1; at = json.indexOf(KEY, at + 1)) {
    // Right after a backslash it is the end of a longer text, not a key.
    if (at > 0 && json[at - 1] === BACKSLASH) continue;
    let next = blank(json, at + KEY.length);
    if (json[next] !== COLON) continue;
    next = blank(json, next + 1);
    if (json[next] !== OPEN) continue;
    const end = endOf(json, next);
    if (end === undefined) return undefined;
    if (end - next > json.length / 2) return { mark: MARK, start: next, end };
    at = end - 1;
  }
  return undefined;
}

/** Where an array of numbers ends, by its brackets; what holds texts is not one. */
function endOf(json: Buffer, start: number): number | undefined {
  let depth = 1;
  let at = blank(json, start + 1);
  while (json[at] === OPEN && depth < 16) {
    depth++;
    at = blank(json, at + 1);
  }
  if (json[at] === QUOTE) return undefined;
  for (;;) {
    at = json.indexOf(CLOSE, at);
    if (at === -1) return undefined;
    let closed = 0;
    while (json[at] === CLOSE) {
      at++;
      if (++closed === depth) return at;
      at = blank(json, at);
    }
  }
}

function blank(json: Buffer, from: number): number {
  let at = from;
  for (;;) {
    const byte = json[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at;
    at++;
  }
}
