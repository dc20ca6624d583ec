import { isAscii, isUtf8 } from 'node:buffer';
import { invalid, messageOf } from '../../../platform/errors/index.ts';

/** Nesting that no tensor has: past it, code that walks the value could run out of stack. */
const DEEPEST = 100;
/** An integer that a double may not hold exactly. */
const WIDE_INTEGER = /(?:^|[[,:\s-])\d{16,}(?![\d.eE])/;
const PYTHON_TOKEN = /NaN|Infinity/;

/**
 * JSON as Python writes it: `NaN`, `Infinity` and `-Infinity` are numbers. With `wide`, integers that a double cannot hold
 * come as bigint. Equal keys: the last one counts, as in Python and in V8.
 */
export function parseJson(body: Buffer, wide = false): unknown {
  if (!isUtf8(body)) throw invalid('the body is not valid UTF-8', { hint: 'send JSON encoded as UTF-8' });
  if (body.length > LARGE && tooDeep(body)) throw invalid(`the body is nested deeper than ${DEEPEST} levels`);
  let text = isAscii(body) ? body.toString('latin1') : body.toString('utf8');
  if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
  if (wide && WIDE_INTEGER.test(text)) return parseExactly(text);
  try {
    return JSON.parse(text);
  } catch (error) {
    if (PYTHON_TOKEN.test(text)) return parseExactly(text);
    throw invalid(`the body is not valid JSON: ${messageOf(error)}`);
  }
}

/** From this size on nesting is looked for before V8's parser spends seconds on it. */
const LARGE = 64 * 1024;
const [QUOTE, BACKSLASH, OPEN, CLOSE, BRACE_OPEN, BRACE_CLOSE] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

/** Whether brackets outside of texts nest deeper than anything that is taken. */
function tooDeep(body: Buffer): boolean {
  let depth = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at];
    if (byte === QUOTE) {
      for (;;) {
        at = body.indexOf(QUOTE, at + 1);
        if (at < 0) return false;
        let slashes = 0;
        while (body[at - 1 - slashes] === BACKSLASH) slashes++;
        if (slashes % 2 === 0) break;
      }
    } else if (byte === OPEN || byte === BRACE_OPEN) {
      if (++depth > DEEPEST + 1) return true;
    } else if (byte === CLOSE || byte === BRACE_CLOSE) depth--;
  }
  return false;
}

/** Whether arrays and objects are nested deeper than `most`; walks without recursion. */
export function nestedDeeper(value: unknown, most = DEEPEST): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= most; depth++) {
    const next: unknown[] = [];
    for (const one of level) {
      if (typeof one !== 'object' || one === null) continue;
      for (const part of Array.isArray(one) ? one : Object.values(one))
        if (typeof part === 'object' && part !== null) next.push(part);
    }
    if (next.length === 0) return false;
    level = next;
  }
  return true;
}

const NUMBER = /-?(?:Infinity|(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y;
const WORDS: ReadonlyArray<readonly [string, unknown]> = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', NaN],
];

/** Slower than V8's parser by far: only for what that refuses or would round. */
function parseExactly(text: string): unknown {
  let at = 0;
  const fail = (): never => {
    const found = at < text.length ? `'${text.slice(at, at + 12)}'` : 'its end';
    throw invalid(`the body is not valid JSON: unexpected ${found} at position ${at}`);
  };
  const space = (): void => {
    for (;;) {
      const code = text.charCodeAt(at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
      at++;
    }
  };
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found) at += found.length;
    return found;
  };
  const string = (): string => {
    if (text[at] !== '"') return fail();
    let end = at + 1;
    while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
    try {
      const read: unknown = JSON.parse(text.slice(at, end + 1));
      at = end + 1;
      return typeof read === 'string' ? read : fail();
    } catch {
      return fail();
    }
  };
  const number = (): number | bigint => {
    const found = match(NUMBER);
    if (found === undefined) return fail();
    const value = Number(found);
    if (Number.isSafeInteger(value) || !/^-?\d+$/.test(found) || found.length > 40) return value;
    return BigInt(found);
  };
  const value = (depth: number): unknown => {
    if (depth > DEEPEST) throw invalid(`the body is nested deeper than ${DEEPEST} levels`);
    space();
    const char = text[at];
    if (char === '"') return string();
    if (char === '[') {
      const items: unknown[] = [];
      at++;
      space();
      if (text[at] === ']') return (at++, items);
      for (;;) {
        items.push(value(depth + 1));
        space();
        if (text[at] === ',') at++;
        else if (text[at] === ']') return (at++, items);
        else fail();
      }
    }
    if (char === '{') {
      const entries: Array<[string, unknown]> = [];
      at++;
      space();
      if (text[at] === '}') return (at++, {});
      for (;;) {
        space();
        const key = string();
        space();
        if (text[at] !== ':') fail();
        at++;
        entries.push([key, value(depth + 1)]);
        space();
        if (text[at] === ',') at++;
        else if (text[at] === '}') return (at++, Object.fromEntries(entries)); // own properties, also for __proto__
        else fail();
      }
    }
    for (const [word, means] of WORDS) if (text.startsWith(word, at)) return ((at += word.length), means);
    return number();
  };
  const whole = value(0);
  space();
  if (at < text.length) fail();
  return whole;
}

/** An object of JSON, and not an array. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a JSON value is, for messages. */
export const kindOf = (value: unknown): string =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'an array'
      : typeof value === 'object'
        ? 'an object'
        : typeof value === 'bigint'
          ? 'a number'
          : `a ${typeof value}`;
