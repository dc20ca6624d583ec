import { createTurns } from '../aside/index.ts';

/** What holds a list of more items than this, or a longer text, is written in pieces. */
const LONG = 64;
const LONG_TEXT = 256 * 1024;
/** How deep a long list is looked for: an answer holds a run, which holds its inputs, which are a list of objects. */
const DEEP = 5;
/** Plain values go in pieces of so many; objects one by one, for one of them may be large. */
const PIECE = 4096;
/** Characters that go out together. */
const CHUNK = 256 * 1024;

/** The text of an answer; in pieces where it is long, for one text of them takes the loop as long as writing them did. */
export type Written = string | Buffer[];

/** Long lists, which is what makes answers long, are written with turns in between. */
export function writeJson(answer: unknown): string | Promise<Written> {
  return isLong(answer, DEEP) ? inTurns(answer) : JSON.stringify(answer);
}

function isLong(value: unknown, deep: number): boolean {
  if (typeof value === 'string') return value.length > LONG_TEXT;
  if (!isPlain(value)) return false;
  const parts = Object.values(value);
  return (
    (Array.isArray(value) && parts.length > LONG) || (deep > 0 && parts.some((one) => isLong(one, deep - 1)))
  );
}

/** A list or an object that says itself how it is written is taken as one value. */
const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !('toJSON' in value);

async function inTurns(answer: unknown): Promise<Written> {
  const turns = createTurns();
  const chunks: Buffer[] = [];
  let texts: string[] = [];
  let length = 0;

  const flush = (): void => {
    chunks.push(Buffer.from(texts.join('')));
    texts = [];
    length = 0;
  };
  async function put(text: string): Promise<void> {
    texts.push(text);
    length += text.length;
    if (length >= CHUNK) flush();
    const due = turns();
    if (due) await due;
  }
  async function write(value: unknown, deep: number): Promise<void> {
    if (deep < 0 || !isPlain(value) || !isLong(value, deep)) return put(JSON.stringify(value) ?? 'null');
    if (Array.isArray(value)) return writeList(value, deep);
    let mark = '{';
    for (const [key, one] of Object.entries(value)) {
      // As JSON has it, what has no form in it is not there.
      if (one === undefined || typeof one === 'function' || typeof one === 'symbol') continue;
      texts.push(`${mark}${JSON.stringify(key)}:`);
      mark = ',';
      await write(one, deep - 1);
    }
    await put(mark === '{' ? '{}' : '}');
  }
  async function writeList(list: readonly unknown[], deep: number): Promise<void> {
    texts.push('[');
    for (let start = 0; start < list.length;) {
      if (start > 0) texts.push(',');
      if (isPlain(list[start])) await write(list[start++], deep - 1);
      else {
        let end = start;
        for (let size = 0; end < list.length && end - start < PIECE && size < CHUNK; end++) {
          const one = list[end];
          if (isPlain(one)) break;
          if (typeof one === 'string') size += one.length;
        }
        await put(JSON.stringify(list.slice(start, end)).slice(1, -1));
        start = end;
      }
    }
    await put(']');
  }

  await write(answer, DEEP);
  if (chunks.length === 0) return texts.join('');
  flush();
  return chunks;
}
