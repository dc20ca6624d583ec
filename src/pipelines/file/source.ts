import { readYaml, type YamlNode } from '../../platform/yaml/index.ts';
import { MOST_PROBLEMS, type Problem } from './problem.ts';

interface Place {
  key: number;
  value: number;
  end: number;
}

/** A YAML file that remembers where each thing stands. */
export interface Source {
  text: string;
  /** Places of keys and values by path: `steps.train.run`. */
  places: ReadonlyMap<string, Place>;
  /** A problem at a path; at the key, at the value, at a text inside the value, or at a character of it. */
  problem(
    severity: Problem['severity'],
    path: string,
    at: 'key' | 'value' | { text: string } | { character: number },
    message: string,
    hint?: string,
  ): Problem;
}

/** Notes a problem at a path. */
export type Say = (
  severity: Problem['severity'],
  path: string,
  at: Parameters<Source['problem']>[2],
  message: string,
  hint?: string,
) => void;

/** A thousand steps have some 70 KiB and 40,000 parts. */
const LIMITS = { length: 256 * 1024, parts: 120_000 };

/** Reads the syntax. Without a tree there is a problem. */
export function readSource(text: string): { source: Source; root: YamlNode | null; problems: Problem[] } {
  const read = readYaml(text, LIMITS);
  if ('fault' in read) {
    const { message, at, hint } = read.fault;
    const place = placeIn(lineStarts(text), at);
    const line = text.split('\n')[place.line - 1] ?? '';
    // Inside { … } a command may hold no braces of its own unless it is quoted; everyone falls for it once.
    const braces =
      message.startsWith('this is not YAML') && /\{.*\brun:\s*[^"'\s].*\{/.test(line.slice(0, 2000));
    const help = braces ? 'put the command in quotes: { run: "python train.py {model}", … }' : hint;
    return {
      source: createSource(text, new Map()),
      root: null,
      problems: [
        { severity: 'error', ...place, path: '', message, ...(help === undefined ? {} : { hint: help }) },
      ],
    };
  }
  const places = new Map<string, Place>();
  const odd: Array<[path: string, at: 'key' | 'value', what: string]> = [];
  function place(node: YamlNode | null, path: string): void {
    if (node?.kind === 'map') {
      for (const { key, keyStart, value, start, end } of node.pairs) {
        const child = path === '' ? key : `${path}.${key}`;
        places.set(child, { key: keyStart, value: start, end });
        const what = unfit(key);
        if (what !== undefined) odd.push([child, 'key', what]);
        place(value, child);
      }
    } else if (node?.kind === 'list') {
      node.items.forEach(({ value, start, end }, i) => {
        const child = `${path}[${i}]`;
        places.set(child, { key: start, value: start, end });
        place(value, child);
      });
    } else if (typeof node?.value === 'string') {
      const what = unfit(node.value);
      if (what !== undefined) odd.push([path, 'value', what]);
    }
  }
  place(read.root, '');
  const source = createSource(text, places);
  const problems = odd
    .slice(0, MOST_PROBLEMS)
    .map(([path, at, what]) =>
      source.problem('error', path, at, `${shownPath(path)} holds ${what}`, 'leave it out'),
    );
  const stray = problems.length > 0 ? -1 : text.indexOf('\0'); // in a comment
  if (stray >= 0)
    problems.push({
      severity: 'error',
      ...placeIn(lineStarts(text), stray),
      path: '',
      message: 'the file holds a NUL character',
      hint: 'leave it out',
    });
  return { source, root: problems.length > 0 ? null : read.root, problems };
}

/** Text that no command line, no variable of a process and no record can carry. */
const unfit = (text: string): string | undefined =>
  text.includes('\0')
    ? 'a NUL character, which no command and no variable can carry'
    : text.isWellFormed()
      ? undefined
      : 'half of a surrogate pair, which is no character';

/** A path for people: what no terminal shows is spelt out. */
const shownPath = (path: string): string =>
  path === '' ? 'the file' : path.toWellFormed().replaceAll('\0', '\\0');

export function createSource(text: string, places: Source['places']): Source {
  let starts: number[] | undefined;
  return {
    text,
    places,
    problem(severity, path, where, message, hint) {
      const found = nearest(places, path);
      let offset = where === 'key' ? found.key : found.value;
      if (typeof where === 'object' && 'character' in where) {
        // A quote stands before the first character.
        const quoted = /["']/.test(text[found.value] ?? '') ? 1 : 0;
        offset = Math.min(found.value + quoted + where.character, Math.max(found.value, found.end - 1));
      } else if (typeof where === 'object') {
        const inside = text.slice(found.value, found.end).indexOf(where.text);
        if (inside >= 0) offset = found.value + inside;
      }
      starts ??= lineStarts(text);
      return {
        severity,
        ...placeIn(starts, Math.min(offset, text.length)),
        path,
        message,
        ...(hint === undefined ? {} : { hint }),
      };
    },
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Line and column, from 1, of a character. */
function placeIn(starts: readonly number[], offset: number): { line: number; column: number } {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - starts[low]! + 1 };
}

/** The place of a path or, for what is missing, of the thing that should hold it. */
function nearest(places: Source['places'], path: string): Place {
  for (let rest = path; rest !== ''; rest = rest.replace(/(\.[^.[]*|\[\d+\]|^[^.[]*)$/, '')) {
    const found = places.get(rest);
    if (found) return found;
  }
  return { key: 0, value: 0, end: 0 };
}
