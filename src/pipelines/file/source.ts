import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
  type Pair,
} from 'yaml';
import type { Problem } from './problem.ts';

/** A YAML file that remembers where each thing stands. */
export interface Source {
  text: string;
  root: Node | null;
  /** Places of keys and values by path: `steps.train.run`. */
  places: ReadonlyMap<string, { key: number; value: number; end: number }>;
  problems: Problem[];
  /** A problem at a path; at the key, at the value, at a text inside the value, or at a character of it. */
  problem(
    severity: Problem['severity'],
    path: string,
    at: 'key' | 'value' | { text: string } | { character: number },
    message: string,
    hint?: string,
  ): Problem;
  resolve(node: unknown): Node | undefined;
}

const MAX_LENGTH = 1024 * 1024;

export function readSource(text: string): Source {
  const lines = new LineCounter();
  const problems: Problem[] = [];
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(Math.max(0, Math.min(offset, text.length)));
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  let document: Document.Parsed | undefined;
  if (text.length > MAX_LENGTH) {
    problems.push({
      severity: 'error',
      line: 1,
      column: 1,
      path: '',
      message: 'the file is larger than 1 MiB',
      hint: 'data belongs in datasets',
    });
  } else {
    try {
      document = parseDocument(text, {
        lineCounter: lines,
        prettyErrors: false,
        version: '1.2',
        merge: false,
      });
    } catch {
      problems.push({
        severity: 'error',
        line: 1,
        column: 1,
        path: '',
        message: 'the file is nested too deep to be read',
      });
    }
  }
  // The first fault of the syntax makes many more; they say nothing new.
  const [error] = document?.errors ?? [];
  if (error) {
    const place = at(error.pos[0]);
    const line = text.split('\n')[place.line - 1] ?? '';
    problems.push({
      severity: 'error',
      ...place,
      path: '',
      message: `this is not YAML: ${error.message.split('\n')[0]}`,
      // Inside { … } a command may hold no braces of its own unless it is quoted; everyone falls for it once.
      ...(/\{.*\brun:\s*[^"'\s].*\{/.test(line)
        ? { hint: 'put the command in quotes: { run: "python train.py {model}", … }' }
        : {}),
    });
  }
  const places = new Map<string, { key: number; value: number; end: number }>();
  const resolve = (node: unknown): Node | undefined => {
    const found = isAlias(node) && document ? node.resolve(document) : node;
    if (isAlias(node) && found === undefined && !problems.some(({ path }) => path === `*${node.source}`)) {
      const { line, column } = at(node.range?.[0] ?? 0);
      problems.push({
        severity: 'error',
        line,
        column,
        path: `*${node.source}`,
        message: `'*${node.source}' names no anchor`,
      });
    }
    return isNode(found) ? found : undefined;
  };
  function place(node: Node | undefined, path: string, depth: number): void {
    if (depth > 20) return;
    if (isMap(node)) {
      for (const pair of node.items as Pair[]) {
        const key = isScalar(pair.key) ? String(pair.key.value) : '';
        const child = path === '' ? key : `${path}.${key}`;
        const keyAt = isNode(pair.key) ? (pair.key.range?.[0] ?? 0) : 0;
        const value = isNode(pair.value) ? pair.value.range : undefined;
        places.set(child, { key: keyAt, value: value?.[0] ?? keyAt, end: value?.[1] ?? keyAt });
        place(resolve(pair.value), child, depth + 1);
      }
    } else if (isSeq(node)) {
      node.items.forEach((item, i) => {
        const range = isNode(item) ? item.range : undefined;
        const child = `${path}[${i}]`;
        places.set(child, { key: range?.[0] ?? 0, value: range?.[0] ?? 0, end: range?.[1] ?? 0 });
        place(resolve(item), child, depth + 1);
      });
    }
  }
  const root = document && problems.length === 0 ? document.contents : null;
  place(root ?? undefined, '', 0);
  return {
    text,
    root,
    places,
    problems,
    resolve,
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
      return { severity, ...at(offset), path, message, ...(hint === undefined ? {} : { hint }) };
    },
  };
}

/** The place of a path or, for what is missing, of the thing that should hold it. */
function nearest(places: Source['places'], path: string): { key: number; value: number; end: number } {
  for (let rest = path; rest !== ''; rest = rest.replace(/(\.[^.[]*|\[\d+\]|^[^.[]*)$/, '')) {
    const found = places.get(rest);
    if (found) return found;
  }
  return { key: 0, value: 0, end: 0 };
}
