import { isAlias, isMap, isScalar, isSeq, Lexer, parseDocument, type Document, type Scalar } from 'yaml';
import { messageOf } from '../errors/index.ts';
import type { YamlFault, YamlLimits, YamlNode, YamlRead, YamlScalar } from './nodes.ts';

const DEEPEST = 32;
const MOST_ALIASES = 256;
/** What the lexer says before the text of a scalar, and other signs of its own that are no part of the text. */
const SCALAR = '\u001f';
const SIGNS: ReadonlySet<string> = new Set(['\u0002', '\u0018', SCALAR]);

/**
 * Reads text by a stranger as plain YAML 1.2: text, numbers, true, false, null, lists and maps. Tags, other versions, doubled keys
 * and keys that are no text are faults. So is whatever would take long: it is counted before a tree is built, aliases are unfolded on
 * paper only, and no walk of ours goes deeper than the limit.
 */
export function readYaml(text: string, limits: YamlLimits): YamlRead {
  const fault = tooMuch(text, limits);
  if (fault) return { fault };
  let document: Document.Parsed;
  try {
    document = parseDocument(text, {
      version: '1.2',
      // All text: what a plain scalar means is decided below, where its spelling is at hand.
      schema: 'failsafe',
      merge: false,
      // The parser compares each key with each other one; `read` does it once.
      uniqueKeys: false,
      prettyErrors: false,
      // Silence would hide a second document, too; nothing is printed here.
      logLevel: 'error',
    });
  } catch (error) {
    // Also a nesting so deep that the parser's stack ends.
    return { fault: { message: `it cannot be read: ${firstLine(messageOf(error))}`, at: 0 } };
  }
  // An unknown tag is only a warning to the parser; to us it is a file that wants to be more than data.
  const [error] = document.errors;
  if (error?.code === 'MULTIPLE_DOCS')
    return {
      fault: { message: 'a second document begins here (---), and only one is read', at: error.pos[0] },
    };
  if (error) return { fault: { message: `this is not YAML: ${firstLine(error.message)}`, at: error.pos[0] } };
  const [warning] = document.warnings;
  if (warning)
    return {
      fault: { message: `this is not plain YAML: ${firstLine(warning.message)}`, at: warning.pos[0] },
    };
  if (document.directives.yaml.explicit === true && document.directives.yaml.version !== '1.2')
    return { fault: { message: 'it is YAML of another version than 1.2', at: 0, hint: 'leave %YAML out' } };
  return read(document, limits);
}

/** Counts what the parser's work grows with, by the lexer, whose own work grows with the length alone. */
function tooMuch(text: string, { length, parts }: YamlLimits): YamlFault | undefined {
  if (text.length > length) return { message: `it is longer than ${length / 1024} KiB`, at: length };
  let [count, aliases, open, at] = [0, 0, 0, 0];
  let [row, scalar] = [0, false];
  for (const token of new Lexer().lex(text)) {
    if (++count > parts) return { message: `it has more than ${thousands(parts)} parts`, at };
    const first = scalar ? '' : token[0];
    scalar = token === SCALAR;
    if (first === '*' || first === '&') aliases++;
    else if (first === '[' || first === '{') open++;
    else if (first === ']' || first === '}') open = Math.max(0, open - 1);
    // `- - - -`: each indicator in one row nests one deeper.
    if (first === '-' || first === '?') row++;
    else if (first !== ' ') row = 0;
    if (aliases > MOST_ALIASES)
      return { message: `it has more than ${MOST_ALIASES} anchors and aliases`, at };
    if (open > DEEPEST || row > DEEPEST) return tooDeep(at);
    if (!SIGNS.has(token)) at += token.length;
  }
  return undefined;
}

const tooDeep = (at: number): YamlFault => ({ message: `it is nested deeper than ${DEEPEST} levels`, at });

/** Turns the parser's tree into ours, or finds what is wrong with it. */
function read(document: Document.Parsed, { parts }: YamlLimits): YamlRead {
  const anchors = new Map<string, { node: YamlNode; size: number } | 'open'>();
  let unfolded = 0;

  class Refused extends Error {
    readonly fault: YamlFault;
    constructor(message: string, at: number, hint?: string) {
      super(message);
      this.fault = { message, at, ...(hint === undefined ? {} : { hint }) };
    }
  }

  /** Counts itself and what its aliases stand for: that is what a walk over it takes. */
  function count(size: number, at: number): void {
    unfolded += size;
    if (unfolded > parts)
      throw new Refused(`its aliases unfold to more than ${thousands(parts)} values`, at, 'write less of it');
  }

  function walk(node: unknown, depth: number, at: number): { node: YamlNode; size: number } {
    const place = isNodeLike(node) ? (node.range?.[0] ?? at) : at;
    if (depth > DEEPEST) throw new Refused(tooDeep(place).message, place);
    if (isAlias(node)) {
      const found = anchors.get(node.source);
      if (found === undefined) throw new Refused(`'*${node.source}' names no anchor before it`, place);
      if (found === 'open') throw new Refused(`'*${node.source}' stands inside what it names`, place);
      count(found.size, place);
      return found;
    }
    count(1, place);
    const anchor = isNodeLike(node) ? node.anchor : undefined;
    if (anchor !== undefined) anchors.set(anchor, 'open');
    const made = build(node, depth, place);
    if (anchor !== undefined) anchors.set(anchor, made);
    return made;
  }

  function build(node: unknown, depth: number, at: number): { node: YamlNode; size: number } {
    let size = 1;
    const inside = (child: unknown, fallback: number) => {
      const made = walk(child, depth + 1, fallback);
      size += made.size;
      const range = isNodeLike(child) ? child.range : undefined;
      return { value: made.node, start: range?.[0] ?? fallback, end: range?.[1] ?? fallback };
    };
    if (isSeq(node))
      return { node: { kind: 'list', items: node.items.map((item) => inside(item, at)) }, size };
    if (isMap(node)) {
      const seen = new Set<string>();
      const pairs = node.items.map((pair) => {
        const keyStart = isNodeLike(pair.key) ? (pair.key.range?.[0] ?? at) : at;
        if (!isScalar(pair.key))
          throw new Refused('a key is text, and this is none', keyStart, 'put it in quotes');
        const key = String(pair.key.value);
        if (seen.has(key)) throw new Refused(`the key '${key.slice(0, 80)}' stands here twice`, keyStart);
        seen.add(key);
        return { key, keyStart, ...inside(pair.value, keyStart) };
      });
      return { node: { kind: 'map', pairs }, size };
    }
    return { node: scalarOf(isScalar(node) ? node : undefined), size };
  }

  try {
    const root = document.contents === null ? null : walk(document.contents, 0, 0).node;
    return { root };
  } catch (error) {
    if (error instanceof Refused) return { fault: error.fault };
    throw error;
  }
}

interface NodeLike {
  range?: [number, number, number] | null;
  anchor?: string;
}
const isNodeLike = (node: unknown): node is NodeLike =>
  isAlias(node) || isScalar(node) || isMap(node) || isSeq(node);

function scalarOf(node: Scalar | undefined): YamlScalar {
  const text = typeof node?.value === 'string' ? node.value : '';
  const plain = node === undefined || (node.type === 'PLAIN' && node.tag === undefined);
  return { kind: 'scalar', value: plain ? coreValue(text) : text, text };
}

/** A plain scalar by the core schema (YAML 1.2.2, §10.3.2). */
export function coreValue(text: string): YamlScalar['value'] {
  if (/^(~|null|Null|NULL|)$/.test(text)) return null;
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  if (/^([-+]?(\d+|(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?)|0o[0-7]+|0x[\da-fA-F]+)$/.test(text))
    return Number(text);
  if (/^[-+]?\.(inf|Inf|INF)$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^\.(nan|NaN|NAN)$/.test(text)) return NaN;
  return text;
}

const firstLine = (text: string): string => text.split('\n')[0]!.slice(0, 200);
const thousands = (n: number): string => n.toLocaleString('en');
