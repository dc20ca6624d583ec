import assert from 'node:assert/strict';
import test from 'node:test';
import { fc } from '../../test/property.ts';
import { checkRules } from './check-rules.ts';
import { RuleFault } from './fault.ts';
import { namesIn, parseRule } from './parse.ts';

test('rules of every form are read', () => {
  for (const rule of [
    'auc >= 0.60',
    'auc >= champion.auc - 0.005',
    'p95_latency_ms < 20',
    'data.rows >= 1000 and data.missing(distance) <= 5e-2',
    'not (log_loss > baseline.log_loss) or mcc > .1',
    'slice(origin=ATL).auc >= 0.9 * auc',
    'champion.slice("dep hour"=\'7 "am"\').f1 < slice("dep hour"==7).f1',
    'slice(delta=-3).recall > 0',
    'slice(origin).auc >= champion.slice(origin).auc - 0.02',
    'slice("dep hour", rows >= 500).auc >= auc - 0.1',
    '(auc + average_precision) / 2 > 0.4',
    '-auc < -(0.5)',
    'data.missing < 0.1',
  ])
    assert.doesNotThrow(() => parseRule(rule), rule);
  assert.deepEqual(
    [...namesIn(parseRule('slice(origin=ATL).auc > champion.auc and data.mean(distance) < 3'))].map(
      ({ text }) => text,
    ),
    ['slice(origin=ATL).auc', 'champion.auc', 'data.mean(distance)'],
  );
});

test('products come before sums, comparisons before not, and before or', () => {
  const rule = parseRule('not auc > 1 + 2 * 3 or f1 > 0 and f1 < 1');
  assert.equal(rule.kind, 'or');
  assert.ok(rule.kind === 'or' && rule.left.kind === 'not' && rule.right.kind === 'and');
  assert.ok(rule.left.of.kind === 'compare' && rule.left.of.right.kind === 'arithmetic');
  assert.equal(rule.left.of.right.op, '+');
});

/** [rule, what is said, character from 0, hint] */
const WRONG: ReadonlyArray<[string, RegExp, number, RegExp?]> = [
  ['', /ends where a number or a name is missing/, 0],
  ['aucc > 0.6', /'aucc' is no metric/, 0, /did you mean auc\?/],
  ['roc_auc > 0.6', /no metric/, 0, /did you mean auc\?/],
  ['auc > champion.acc', /'acc' is no metric/, 15, /accuracy/],
  ['qwertyuiop > 1', /no metric/, 0, /metrics are auc/],
  ['auc', /a number, not a rule/, 0, /compare it/],
  ['auc = 0.6', /'=' stands where/, 4, /write `==`/],
  ['0.5 < auc < 0.9', /cannot be chained/, 0, /and/],
  ['auc > 0.6 && f1 > 0', /'&' means nothing/, 10, /write `and`/],
  ['auc ≥ 0.6', /'≥' means nothing/, 4, />=/],
  ['auc > 60%', /'%' means nothing/, 8, /0\.05 for 5 %/],
  ['p95_latency_ms < 20ms', /'ms' follows a number/, 19, /part of a name/],
  ['auc >', /ends where/, 5],
  ['auc > 0.6)', /'\)' stands where the end/, 9],
  ['(auc > 0.6', /ends where '\)' is missing/, 10],
  ['auc > 0.6 0.7', /'0.7' stands where the end/, 10],
  ['auc and f1 > 0', /joins comparisons/, 0],
  ['(auc > 0) + 1 > 2', /works on numbers/, 1],
  ['data.row > 1', /data\.row is not known/, 5, /data\.rows/],
  ['data.rows(x) > 1', /has no column/, 9],
  ['data.mean > 1', /needs a column/, 10, /data\.mean\(column\)/],
  ['slice(origin auc) > 0', /'auc' stands where '=' is missing/, 13],
  ['slice(origin, 500).auc > 0', /'500' stands where `rows >=` is missing/, 14],
  ['slice(origin, rows >= 1.5).auc > 0', /'1\.5' stands where a whole number of rows is missing/, 22],
  ['slice(origin, rows >= 5 6).auc > 0', /goes on with '6'/, 24, /rows >= 500/],
  ['slice(a).auc > champion.slice(b).auc', /the values of one column/, 15, /a rule for each column/],
  ['slice(a).auc > champion.slice(a, rows >= 9).auc', /as many rows/, 15],
  ['auc > 0,6', /',' stands where the end/, 7, /numbers have a point/],
  ['slice(day=2001-01-01).auc > 0', /goes on with '-'/, 14, /in quotes/],
  ['auc > "0.6"', /'0\.6' stands where a number or a name/, 6],
  ['auc > 1e999', /too large/, 6],
  ["slice(origin='ATL).auc > 0", /'''/, 13, /close the quotation/],
  [`auc > ${'('.repeat(60)}0`, /nested more than 40 deep/, 47],
  [`auc > ${'1 + '.repeat(60)}0`, /nested more than 40 deep/, 170],
  ['constructor > 1', /'constructor' is no metric/, 0],
  ['data.toString > 1', /not known/, 5],
];

test('a wrong rule is named with its place and what to write', () => {
  for (const [rule, message, at, hint] of WRONG) {
    const [problem] = checkRules([rule]);
    assert.ok(problem, rule);
    assert.match(problem.message, message, rule);
    assert.equal(problem.at, at, rule);
    if (hint) assert.match(problem.hint ?? '', hint, rule);
  }
  assert.deepEqual(
    checkRules(['auc > 0.5', 'auc >']).map(({ rule }) => rule),
    [1],
  );
});

test('whatever is written, reading it ends with a rule or a fault inside of it', () => {
  const words = fc.constantFrom(
    'auc',
    'champion',
    '.',
    'slice',
    '(',
    ')',
    '=',
    '==',
    '>',
    '<=',
    'and',
    'or',
    'not',
    '+',
    '-',
    '*',
    '/',
    '0.5',
    '1e3',
    'data',
    'rows',
    'missing',
    '"a b"',
    "'",
    '\\',
    ' ',
    '\n',
    'f1',
    '💥',
    '__proto__',
    '%',
    ',',
  );
  const texts = fc.oneof(
    fc.array(words, { maxLength: 60 }).map((parts) => parts.join('')),
    fc.array(words, { maxLength: 200 }).map((parts) => parts.join(' ')),
    fc.string({ unit: 'binary', maxLength: 1200 }),
  );
  fc.assert(
    fc.property(texts, (rule) => {
      try {
        parseRule(rule);
      } catch (error) {
        assert.ok(error instanceof RuleFault, `${JSON.stringify(rule)}: ${String(error)}`);
        assert.ok(error.at >= 0 && error.at <= Math.max(rule.length, 0), rule);
      }
    }),
    { numRuns: 1500 },
  );
});

test('a rule that was made of parts is read as it was meant', () => {
  const number = fc.oneof(
    fc.constantFrom('auc', 'champion.f1', 'data.rows', 'slice(a=b).mcc'),
    fc.integer({ min: 0, max: 99 }).map(String),
  );
  const { expression } = fc.letrec<{ expression: string }>((tie) => ({
    expression: fc.oneof(
      { maxDepth: 3 },
      number,
      fc
        .tuple(tie('expression'), fc.constantFrom('+', '-', '*', '/'), tie('expression'))
        .map(([a, op, b]) => `(${a} ${op} ${b})`),
    ),
  }));
  const rules = fc
    .tuple(expression, fc.constantFrom('>', '>=', '<', '<=', '==', '!='), expression)
    .map(([a, op, b]) => ({ op, text: `${a} ${op} ${b}` }));
  fc.assert(
    fc.property(rules, ({ op, text }) => {
      const rule = parseRule(text);
      assert.ok(rule.kind === 'compare' && rule.op === op);
      assert.equal(rule.text, text);
    }),
  );
});
