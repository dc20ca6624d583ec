import type { Excuse } from '../contract.ts';
import type { TableSource } from '../data/table-source.ts';

/**
 * Whether a pattern names a path: `*` is any part of one name, `**` any part of a path, `?` one character. A pattern without
 * a slash names files in any folder. Looked at once from left to right for each `*`, whatever the pattern.
 */
export function names(pattern: string, path: string): boolean {
  const text = pattern.includes('/') ? path : path.slice(path.lastIndexOf('/') + 1);
  return matches(pattern.replace(/^\.?\//, ''), text);
}

function matches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  // The last `*` and the last `**`, and how far the text was when each was tried.
  let one: [at: number, from: number] | undefined;
  let any: [at: number, from: number] | undefined;
  while (t < text.length || p < pattern.length) {
    if (pattern.startsWith('**', p)) {
      // `a/**/b` names a/b, too.
      p += pattern[p + 2] === '/' ? 3 : 2;
      any = [p, t];
      one = undefined;
    } else if (pattern[p] === '*') one = [++p, t];
    else if (t < text.length && (pattern[p] === text[t] || (pattern[p] === '?' && text[t] !== '/'))) {
      p++;
      t++;
    } else if (one && one[1] < text.length && text[one[1]] !== '/') [p, t] = [one[0], ++one[1]];
    else if (any && any[1] < text.length) {
      [p, t] = [any[0], ++any[1]];
      one = undefined;
    } else return false;
  }
  return true;
}

/** Which excuse, by position, covers a file of a source, or something without files by its label. */
export function excuseOf(excuses: readonly Excuse[], label: string, path?: string): number {
  return excuses.findIndex(({ path: pattern }) =>
    path === undefined
      ? matches(pattern, label)
      : names(pattern, path) || matches(pattern, `${label}:${path}`),
  );
}

/** What stood for files that are excused, every one of them, need not be compared. */
export function withoutExcused(sources: readonly TableSource[], excuses: readonly Excuse[]): TableSource[] {
  const excused = new Set(
    sources
      .filter(
        ({ origin, label, others }) =>
          origin && others.every(({ path }) => excuseOf(excuses, label, path) >= 0),
      )
      .map(({ label }) => label),
  );
  return sources.filter(({ within }) => within === undefined || !excused.has(within));
}
