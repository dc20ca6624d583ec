import { DATA_FACTS } from './figures.ts';
import { RuleFault } from './fault.ts';
import { isDataFact, isFigure, suggestFact, suggestFigure } from './names.ts';
import { tokens, type Token } from './tokens.ts';

/** A number known by name. */
export type Name =
  | {
      kind: 'figure';
      of: 'candidate' | 'champion' | 'baseline';
      slice?: { column: string; value: string };
      /** `slice(origin)`: each value of the column that has so many rows, unless said the usual number. */
      each?: Each;
      name: string;
      text: string;
      at: number;
    }
  | { kind: 'fact'; name: string; column?: string; text: string; at: number };

export interface Each {
  column: string;
  least?: number;
}

export type Expression =
  | { kind: 'number'; value: number; at: number }
  | Name
  | { kind: 'negative'; of: Expression; at: number }
  | { kind: 'arithmetic'; op: '+' | '-' | '*' | '/'; left: Expression; right: Expression; at: number };

export type Comparator = '>' | '>=' | '<' | '<=' | '==' | '!=';
export type Condition =
  | { kind: 'compare'; op: Comparator; left: Expression; right: Expression; text: string; at: number }
  | { kind: 'and' | 'or'; left: Condition; right: Condition; at: number }
  | { kind: 'not'; of: Condition; at: number };

type Node = Expression | Condition;

/** Deeper nesting than this is no rule that a person wrote. */
const DEEPEST = 40;
const COMPARATORS = new Set(['>', '>=', '<', '<=', '==', '!=']);
const isCondition = (node: Node): node is Condition =>
  node.kind === 'compare' || node.kind === 'and' || node.kind === 'or' || node.kind === 'not';

/**
 * Reads a rule. The language is total: every rule ends, has no loops, no names of its own and no access to anything but the
 * figures of an evaluation.
 */
export function parseRule(rule: string): Condition {
  const reader = read(rule);
  const node = reader.either(0);
  reader.end();
  if (!isCondition(node))
    throw new RuleFault('this is a number, not a rule', node.at, 'compare it: auc >= 0.6');
  return node;
}

function read(rule: string) {
  const all = tokens(rule);
  let place = 0;
  const peek = (ahead = 0): Token => all[Math.min(place + ahead, all.length - 1)]!;
  const take = (): Token => all[Math.min(place++, all.length - 1)]!;
  const isSign = (text: string, ahead = 0): boolean =>
    peek(ahead).kind === 'sign' && peek(ahead).text === text;
  const isWord = (text: string): boolean => peek().kind === 'word' && peek().text.toLowerCase() === text;
  const unexpected = (wanted: string): RuleFault => {
    const token = peek();
    return new RuleFault(
      token.kind === 'end'
        ? `the rule ends where ${wanted} is missing`
        : `'${token.text}' stands where ${wanted} is missing`,
      token.at,
      isSign('=')
        ? 'write `==` to compare'
        : isSign(',')
          ? 'numbers have a point: 0.5; one rule is one line'
          : undefined,
    );
  };
  const expect = (text: string): void => {
    if (!isSign(text)) throw unexpected(`'${text}'`);
    take();
  };
  const deeper = (depth: number): number => {
    if (depth >= DEEPEST) throw new RuleFault(`the rule is nested more than ${DEEPEST} deep`, peek().at);
    return depth + 1;
  };
  const condition = (node: Node, word: string): Condition => {
    if (isCondition(node)) return node;
    throw new RuleFault(
      `'${word}' joins comparisons, and this is a number`,
      node.at,
      'compare it: auc >= 0.6',
    );
  };
  const number = (node: Node, sign: string): Expression => {
    if (!isCondition(node)) return node;
    throw node.kind === 'compare' && COMPARATORS.has(sign)
      ? new RuleFault(
          'comparisons cannot be chained',
          node.at,
          'join two with `and`: auc > 0.6 and auc < 0.9',
        )
      : new RuleFault(`'${sign}' works on numbers, and this is a comparison`, node.at);
  };

  function either(depth: number): Node {
    let left = both(depth);
    for (let joined = 0; isWord('or'); joined++) {
      const { at } = take();
      deeper(joined);
      left = { kind: 'or', left: condition(left, 'or'), right: condition(both(depth), 'or'), at };
    }
    return left;
  }
  function both(depth: number): Node {
    let left = negated(depth);
    for (let joined = 0; isWord('and'); joined++) {
      const { at } = take();
      deeper(joined);
      left = { kind: 'and', left: condition(left, 'and'), right: condition(negated(depth), 'and'), at };
    }
    return left;
  }
  function negated(depth: number): Node {
    if (!isWord('not')) return compared(depth);
    const { at } = take();
    return { kind: 'not', of: condition(negated(deeper(depth)), 'not'), at };
  }
  function compared(depth: number): Node {
    const start = peek().at;
    let left = sum(depth);
    while (peek().kind === 'sign' && (COMPARATORS.has(peek().text) || isSign('='))) {
      if (isSign('=')) throw unexpected('a comparison');
      const sign = take();
      const op = sign.text as Comparator;
      const from = number(left, op);
      const right = number(sum(depth), op);
      left = { kind: 'compare', op, left: from, right, text: rule.slice(start, peek().at).trim(), at: start };
      oneColumn(left);
    }
    return left;
  }
  function sum(depth: number): Node {
    let left = product(depth);
    for (let joined = 0; isSign('+') || isSign('-'); joined++) {
      const { text, at } = take();
      deeper(joined);
      left = {
        kind: 'arithmetic',
        op: text === '+' ? '+' : '-',
        left: number(left, text),
        right: number(product(depth), text),
        at,
      };
    }
    return left;
  }
  function product(depth: number): Node {
    let left = single(depth);
    for (let joined = 0; isSign('*') || isSign('/'); joined++) {
      const { text, at } = take();
      deeper(joined);
      left = {
        kind: 'arithmetic',
        op: text === '*' ? '*' : '/',
        left: number(left, text),
        right: number(single(depth), text),
        at,
      };
    }
    return left;
  }
  function single(depth: number): Node {
    const token = peek();
    if (isSign('-')) {
      take();
      return { kind: 'negative', of: number(single(deeper(depth)), '-'), at: token.at };
    }
    if (isSign('(')) {
      take();
      const inside = either(deeper(depth));
      expect(')');
      return inside;
    }
    if (token.kind === 'number') {
      take();
      if (peek().kind === 'word' && !isWord('and') && !isWord('or'))
        throw new RuleFault(
          `'${peek().text}' follows a number`,
          peek().at,
          'units are part of a name: p95_latency_ms < 20',
        );
      return { kind: 'number', value: token.value, at: token.at };
    }
    if (token.kind === 'word' && !isWord('and') && !isWord('or') && !isWord('not')) return named();
    throw unexpected('a number or a name');
  }

  function named(): Name {
    const { text: first, at } = take();
    const text = (): string => rule.slice(at, peek().at).trim();
    if (first === 'data') {
      expect('.');
      return fact(at, text);
    }
    let of: 'candidate' | 'champion' | 'baseline' = 'candidate';
    let name: string = first;
    let nameAt = at;
    if (first === 'champion' || first === 'baseline') {
      of = first;
      expect('.');
      nameAt = peek().at;
      name = word('the name of a metric');
    }
    let slice: { column: string; value: string } | undefined;
    let each: Each | undefined;
    if (name === 'slice') {
      expect('(');
      const column = word('the name of a column');
      if (isSign(')')) each = { column };
      else if (isSign(',')) each = { column, least: leastRows() };
      else {
        if (isSign('==')) take();
        else expect('=');
        slice = { column, value: value() };
      }
      if (!isSign(')'))
        throw new RuleFault(
          `the slice goes on with '${peek().text}'`,
          peek().at,
          each
            ? `each value with so many rows: slice(${column}, rows >= 500)`
            : `put the value in quotes: slice(${column}="…")`,
        );
      take();
      expect('.');
      nameAt = peek().at;
      name = word('the name of a metric');
    }
    if (!isFigure(name)) throw new RuleFault(`'${name}' is no metric`, nameAt, suggestFigure(name));
    return {
      kind: 'figure',
      of,
      ...(slice ? { slice } : {}),
      ...(each ? { each } : {}),
      name,
      text: text(),
      at,
    };
  }

  /** `, rows >= 500` */
  function leastRows(): number {
    take();
    if (!isWord('rows')) throw unexpected('`rows >=`');
    take();
    expect('>=');
    const token = peek();
    if (token.kind !== 'number' || !Number.isInteger(token.value) || token.value < 1)
      throw unexpected('a whole number of rows');
    take();
    return token.value;
  }

  function fact(at: number, text: () => string): Name {
    const nameAt = peek().at;
    const name = word('a fact of the data');
    if (!isDataFact(name)) throw new RuleFault(`data.${name} is not known`, nameAt, suggestFact(name));
    let column: string | undefined;
    if (isSign('(')) {
      if (DATA_FACTS[name] === false)
        throw new RuleFault(`data.${name} has no column`, peek().at, `write data.${name}`);
      take();
      column = word('the name of a column');
      expect(')');
    } else if (DATA_FACTS[name] === true) {
      throw new RuleFault(`data.${name} needs a column`, peek().at, `write data.${name}(column)`);
    }
    return { kind: 'fact', name, ...(column === undefined ? {} : { column }), text: text(), at };
  }

  function word(wanted: string): string {
    const token = peek();
    if (token.kind !== 'word' && token.kind !== 'text') throw unexpected(wanted);
    take();
    return token.text;
  }
  /** A value as it is written in the data: a word, a number or a text in quotes. */
  function value(): string {
    const sign = isSign('-') ? take().text : '';
    const token = peek();
    if (token.kind === 'sign' || token.kind === 'end') throw unexpected('a value');
    take();
    return sign + token.text;
  }

  return {
    either,
    end(): void {
      if (peek().kind !== 'end') throw unexpected('the end');
    },
  };
}

/** A comparison goes through the values of one column. */
function oneColumn(node: Condition): void {
  let first: Each | undefined;
  for (const name of namesIn(node)) {
    if (name.kind !== 'figure' || !name.each) continue;
    first ??= name.each;
    if (name.each.column !== first.column || name.each.least !== first.least)
      throw new RuleFault(
        'a comparison goes through the values of one column, and of as many rows on both sides',
        name.at,
        'write a rule for each column',
      );
  }
}

/** The names in a condition. */
export function* namesIn(node: Condition | Expression): Generator<Name> {
  switch (node.kind) {
    case 'figure':
    case 'fact':
      yield node;
      return;
    case 'number':
      return;
    case 'negative':
    case 'not':
      yield* namesIn(node.of);
      return;
    default:
      yield* namesIn(node.left);
      yield* namesIn(node.right);
  }
}
