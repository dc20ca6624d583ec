import { invalid } from '../platform/errors/index.ts';

/** Control characters, and the marks that make text look other than it is. */
const HIDDEN = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u;
const SEGMENT_BYTES = 255;
const PATH_BYTES = 4096;

const encoder = new TextEncoder();
const bytes = (text: string): number => encoder.encode(text).length;

/** The path in its canonical form (NFC), or an error that names it. */
export function canonicalPath(path: string, field = 'path'): string {
  const refuse = (what: string, hint: string): never => {
    throw invalid(`the file ${quoted(path)} ${what}`, { field, hint });
  };
  if (!path.isWellFormed() || path.includes('\ufffd'))
    refuse('has a name that is not valid Unicode', 'rename it');
  const canonical = path.normalize('NFC');
  if (HIDDEN.test(canonical))
    refuse('has a line break, control or direction character in its name', 'rename it');
  if (canonical.includes('\\'))
    refuse('has a backslash in its name', "rename it; directories are separated by '/'");
  if (canonical.startsWith('/'))
    refuse('has an absolute path', 'name it relative to the root of the dataset');
  if (bytes(canonical) > PATH_BYTES) refuse(`has a path longer than ${PATH_BYTES} bytes`, 'shorten it');
  for (const segment of canonical.split('/')) {
    if (segment === '')
      refuse("has an empty part in its path ('//' or a '/' at the end)", 'leave the extra slash out');
    if (segment === '.' || segment === '..')
      refuse(`has '${segment}' in its path`, 'name it relative to the root of the dataset');
    if (bytes(segment) > SEGMENT_BYTES) refuse(`has a name longer than ${SEGMENT_BYTES} bytes`, 'shorten it');
  }
  return canonical;
}

/** For messages: visible, on one line, and not endless. */
export function quoted(path: string): string {
  const visible = JSON.stringify(path).replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return visible.length > 200 ? `${visible.slice(0, 120)}…${visible.slice(-60)}` : visible;
}

/** The order of UTF-8 bytes, which is the order of code points; `<` on strings differs beyond U+FFFF. */
export function comparePaths(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all other units. */
const rank = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);
