import type { Comparator, Filter, Kind, Left, NullTest, Order, Vocabulary } from './ast.ts';
import { invalid } from '../errors/index.ts';
import { tokenize, wrong, type Token } from './lexer.ts';

const NUMERIC: readonly string[] = ['=', '!=', '<', '<=', '>', '>='];
const ORDERING: readonly string[] = ['<', '<=', '>', '>='];
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const MOST_CLAUSES = 200;
const DEEPEST = 50;
const MOST_TERMS = 20;
/** SQLite takes no longer pattern than 50,000 bytes. */
const LONGEST_PATTERN = 10_000;

/**
 * Reads a filter: MLflow's language (clauses joined by AND, which may be left out, or stand before the first or after the
 * last), and OR, NOT and parentheses besides. NOT binds tightest, then AND.
 * One pass, no backtracking; errors name the character. An empty text filters nothing.
 */
export function parseFilter(text: string | undefined, vocabulary: Vocabulary): Filter | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const parser = new Parser(text, vocabulary);
  const filter = parser.either(0);
  parser.expectEnd();
  return filter;
}

/** Reads one order term: `metrics.loss DESC`. Ascending unless said. */
export function parseOrder(text: string, vocabulary: Vocabulary): Order {
  const parser = new Parser(text, vocabulary);
  return parser.order();
}

/** Each term is a part of the statement's order and of its page's condition. */
export function checkOrder(terms: readonly unknown[]): void {
  if (terms.length > MOST_TERMS)
    throw invalid(`a search may be ordered by at most ${MOST_TERMS} names, not ${terms.length}`, {
      field: 'order_by',
      hint: 'leave out the later ones',
    });
}

/** Resolves a single dotted name: `metrics.loss`. */
export function parseName(text: string, vocabulary: Vocabulary): Left {
  const parser = new Parser(text, vocabulary);
  const left = parser.left();
  parser.expectEnd();
  return left;
}

/** A list of numbers in the words of single ones. */
function oneOf(left: Left, op: 'in' | 'not in', numbers: readonly number[]): Filter {
  const parts = numbers.map((value): Filter => ({
    kind: 'compare',
    left,
    op: op === 'in' ? '=' : '!=',
    value,
  }));
  return parts.length === 1 ? parts[0]! : { kind: op === 'in' ? 'or' : 'and', parts };
}

class Parser {
  readonly #text: string;
  readonly #vocabulary: Vocabulary;
  readonly #tokens: Token[];
  #next = 0;
  #clauses = 0;

  constructor(text: string, vocabulary: Vocabulary) {
    this.#text = text;
    this.#vocabulary = vocabulary;
    this.#tokens = tokenize(text);
  }

  either(depth: number): Filter {
    const parts = [this.#both(depth)];
    while (this.#keyword('or')) parts.push(this.#both(depth));
    return parts.length === 1 ? parts[0]! : { kind: 'or', parts };
  }

  #both(depth: number): Filter {
    this.#keyword('and');
    const parts = [this.#clause(depth)];
    for (;;) {
      const joined = this.#keyword('and');
      const next = this.#peek();
      const ends = next.kind === 'end' || next.kind === ')' || this.#comes('or');
      if (ends || (!joined && next.kind !== 'word' && next.kind !== 'quoted' && next.kind !== '(')) break;
      parts.push(this.#clause(depth));
    }
    return parts.length === 1 ? parts[0]! : { kind: 'and', parts };
  }

  #clause(depth: number): Filter {
    if (this.#comes('not')) {
      const not = this.#take();
      if (depth >= DEEPEST)
        throw this.#wrong(not, `more than ${DEEPEST} NOTs are nested`, 'write it flatter');
      return { kind: 'not', part: this.#clause(depth + 1) };
    }
    if (this.#peek().kind === '(') {
      const open = this.#take();
      if (depth >= DEEPEST)
        throw this.#wrong(open, `more than ${DEEPEST} parentheses are nested`, 'write it flatter');
      const inner = this.either(depth + 1);
      if (this.#peek().kind !== ')')
        throw this.#wrong(this.#peek(), "')' is missing", 'close the parenthesis');
      this.#take();
      return inner;
    }
    this.#count(1);
    const name = this.#peek();
    const { left, kind } = this.#left();
    if (this.#keyword('is')) return this.#nullTest(name, left, kind.nullable === true);
    const op = this.#comparator(left, kind);
    if (op === 'in' || op === 'not in') {
      const texts = this.#list();
      if (left.type === 'text') return { kind: 'compare', left, op, value: texts };
      const numbers = this.#numbers(name, texts);
      this.#count(numbers.length - 1);
      return oneOf(left, op, numbers);
    }
    const at = this.#peek();
    const number =
      kind.mixed === true && (op === '=' || op === '!=' ? at.kind === 'word' : ORDERING.includes(op));
    const value = this.#value(number ? { ...left, type: 'number' } : left, kind.quotable === true);
    if (op.endsWith('like') && String(value).length > LONGEST_PATTERN)
      throw this.#wrong(at, `a pattern is longer than ${LONGEST_PATTERN} characters`, 'look for less of it');
    return { kind: 'compare', left, op, value };
  }

  order(): Order {
    const { left, kind } = this.#left();
    if (kind.sortable === false)
      throw this.#wrong(
        this.#tokens[0]!,
        `cannot order by ${left.entity} '${left.key}'`,
        'order by another name',
      );
    const descending = this.#keyword('desc');
    if (!descending) this.#keyword('asc');
    if (this.#peek().kind !== 'end') {
      throw this.#wrong(
        this.#peek(),
        `Invalid order_by clause '${this.#text}': only ASC or DESC may follow the name, not`,
        'write it as: metrics.loss DESC',
      );
    }
    return { left, descending };
  }

  left(): Left {
    return this.#left().left;
  }

  expectEnd(): void {
    const token = this.#peek();
    if (token.kind !== 'end')
      throw this.#wrong(
        token,
        'AND or OR was expected',
        'join clauses with AND or OR; quote names that hold spaces with `backticks`',
      );
  }

  #left(): { left: Left; kind: Partial<Kind> } {
    const token = this.#take();
    const { noun, entities, attributes, attributePrefixes } = this.#vocabulary;
    if (token.kind !== 'word' && token.kind !== 'quoted')
      throw this.#wrong(token, 'a name was expected', `for example ${this.#examples()}`);
    // `"metrics.a b"` as a whole is read as metrics.`a b`.
    const dot = token.kind === 'quoted' ? token.text.indexOf('.') : -1;
    const prefix = token.prefix ?? (dot > 0 ? token.text.slice(0, dot) : undefined);
    const key = token.prefix === undefined && dot > 0 ? token.text.slice(dot + 1) : token.text;
    if (prefix === undefined || attributePrefixes.includes(prefix)) {
      const attribute = Object.hasOwn(attributes, key) ? attributes[key] : undefined;
      if (!attribute)
        throw this.#wrong(
          token,
          `a ${noun} has no attribute '${key}'`,
          `there are ${[...new Set(Object.keys(attributes))].join(', ')}`,
        );
      return { left: { entity: 'attribute', key: attribute.key, type: attribute.type }, kind: attribute };
    }
    const entity = Object.hasOwn(entities, prefix) ? entities[prefix] : undefined;
    if (!entity)
      throw this.#wrong(token, `a ${noun} has no '${prefix}'`, `a name is one of ${this.#examples()}`);
    if (key === '')
      throw this.#wrong(token, `the name after '${prefix}.' is missing`, `for example ${this.#examples()}`);
    if (entity.keys && !entity.keys.includes(key))
      throw this.#wrong(token, `'${prefix}' has no '${key}'`, `there are ${entity.keys.join(', ')}`);
    return { left: { entity: entity.entity, key, type: entity.type }, kind: entity };
  }

  #comparator(left: Left, { list, regex, mixed, only, quotable }: Partial<Kind>): Comparator {
    const token = this.#take();
    const word = token.kind === 'word' && token.prefix === undefined ? token.text.toLowerCase() : token.text;
    const allowed: readonly string[] =
      only ??
      (left.type === 'number'
        ? [...NUMERIC, ...(quotable === true ? ['in', 'not in'] : [])]
        : [
            ...(mixed === true ? NUMERIC : ['=', '!=']),
            'like',
            'ilike',
            ...(regex === true ? ['rlike'] : []),
            ...(list === true ? ['in', 'not in'] : []),
          ]);
    const found = token.kind === 'word' && word === 'not' && this.#keyword('in') ? 'not in' : word;
    if ((token.kind === 'operator' || token.kind === 'word') && allowed.includes(found))
      return found as Comparator;
    const what =
      token.kind === 'end'
        ? 'a comparison was expected'
        : `Invalid comparator '${token.text}' for ${left.entity} '${left.key}'`;
    throw this.#wrong(token, what, `it takes ${allowed.join(', ').toUpperCase()}`);
  }

  #value(left: Left, quotable: boolean): string | number {
    const token = this.#take();
    if (left.type === 'text') {
      if (token.kind === 'quoted') return token.text;
      throw this.#wrong(
        token,
        `Expected a quoted string value for ${left.entity} '${left.key}'`,
        `put the value in quotes: 'value'`,
      );
    }
    const written =
      token.kind === 'word'
        ? token.prefix === undefined
          ? token.text
          : `${token.prefix}.${token.text}`
        : '';
    if (NUMBER.test(written)) return Number(written);
    if (quotable && token.kind === 'quoted' && NUMBER.test(token.text)) return Number(token.text);
    throw this.#wrong(
      token,
      `Expected a numeric value for ${left.entity} '${left.key}'`,
      'write a number without quotes',
    );
  }

  #numbers(name: Token, texts: readonly string[]): number[] {
    const odd = texts.find((text) => !NUMBER.test(text));
    if (odd !== undefined)
      throw this.#wrong(name, `'${odd.slice(0, 40)}' in its list is no number`, "write IN ('1', '2')");
    return texts.map(Number);
  }

  #list(): string[] {
    const values: string[] = [];
    const open = this.#take();
    if (open.kind !== '(') throw this.#wrong(open, "'(' was expected after IN", "write IN ('a', 'b')");
    for (;;) {
      const token = this.#take();
      if (token.kind === ')' && values.length > 0 && this.#tokens[this.#next - 2]?.kind === ',')
        return values;
      if (token.kind !== 'quoted')
        throw this.#wrong(token, 'a quoted string was expected in the list', "write IN ('a', 'b')");
      values.push(token.text);
      const after = this.#take();
      if (after.kind === ')') return values;
      if (after.kind !== ',')
        throw this.#wrong(after, "',' or ')' was expected in the list", "write IN ('a', 'b')");
    }
  }

  #nullTest(name: Token, left: Left, nullable: boolean): NullTest {
    const negated = this.#keyword('not');
    if (!this.#keyword('null'))
      throw this.#wrong(this.#peek(), 'NULL was expected after IS', 'write IS NULL or IS NOT NULL');
    if (!nullable)
      throw this.#wrong(
        name,
        `${left.entity} '${left.key}' cannot be tested with IS NULL`,
        'params and tags can',
      );
    return { kind: 'null', left, negated };
  }

  #count(more: number): void {
    this.#clauses += more;
    if (this.#clauses > MOST_CLAUSES)
      throw this.#wrong(this.#peek(), `more than ${MOST_CLAUSES} clauses`, 'ask in several searches');
  }

  #keyword(word: string): boolean {
    const comes = this.#comes(word);
    if (comes) this.#next++;
    return comes;
  }

  #comes(word: string): boolean {
    const { kind, prefix, text } = this.#peek();
    return kind === 'word' && prefix === undefined && text.toLowerCase() === word;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? this.#tokens.at(-1)!;
  }

  #take(): Token {
    const token = this.#peek();
    this.#next++;
    return token;
  }

  #wrong(token: Token, what: string, hint: string): Error {
    return wrong(this.#text, token.at, what, hint);
  }

  #examples(): string {
    const { entities, attributes } = this.#vocabulary;
    return [...Object.keys(entities).map((name) => `${name}.…`), ...Object.keys(attributes)]
      .slice(0, 12)
      .join(', ');
  }
}
