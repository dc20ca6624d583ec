import assert from 'node:assert/strict';
import test from 'node:test';
import { fc } from '../../../test/property.ts';
import { TreadleError } from '../errors/index.ts';
import type { Vocabulary } from './ast.ts';
import { parseFilter, parseOrder } from './parse.ts';
import { decodePage, encodePage } from './page.ts';

const text = { entity: 'param', type: 'text', nullable: true } as const;
/** A noun with one name of each kind. */
const vocabulary: Vocabulary = {
  noun: 'run',
  entities: {
    metrics: { entity: 'metric', type: 'number' },
    params: text,
    tags: { ...text, entity: 'tag' },
    datasets: { entity: 'dataset', type: 'text', list: true, sortable: false, keys: ['name', 'digest'] },
  },
  attributes: {
    status: { key: 'status', type: 'text' },
    'Run name': { key: 'run_name', type: 'text' },
    start_time: { key: 'start_time', type: 'number' },
    number: { key: 'number', type: 'number', quotable: true },
  },
  attributePrefixes: ['attributes'],
};
const runs = (filter: string) => parseFilter(filter, vocabulary);
const left = (entity: string, key: string, type = 'text') => ({ entity, key, type });

test('AND binds tighter than OR, parentheses bind tightest', () => {
  const clause = (key: string) => ({
    kind: 'compare',
    left: left('metric', key, 'number'),
    op: '>',
    value: 0,
  });
  assert.deepEqual(runs('metrics.a > 0 or metrics.b > 0 AND metrics.c > 0'), {
    kind: 'or',
    parts: [clause('a'), { kind: 'and', parts: [clause('b'), clause('c')] }],
  });
  assert.deepEqual(runs('(metrics.a > 0 OR metrics.b > 0) and metrics.c > 0'), {
    kind: 'and',
    parts: [{ kind: 'or', parts: [clause('a'), clause('b')] }, clause('c')],
  });
});

test('NOT binds tightest; AND may be left out, or stand at an end; keys and numbers may be quoted', () => {
  const a = { kind: 'compare', left: left('metric', 'a', 'number'), op: '>', value: 0 };
  const b = { kind: 'compare', left: left('param', 'b c'), op: '=', value: 'x' };
  const both = { kind: 'and', parts: [{ kind: 'not', part: a }, b] };
  assert.deepEqual(runs("not metrics.a > 0 and params.'b c' = 'x'"), both);
  assert.deepEqual(runs("AND NOT metrics.a > 0 params.`b c` = 'x' AND"), both);
  assert.deepEqual(runs("NOT (NOT metrics.a > 0 params.`b c` = 'x')"), { kind: 'not', part: both });
  assert.deepEqual(runs("number = '3'"), runs('number = 3'));
  const not = (value: number) => ({
    kind: 'compare',
    left: left('attribute', 'number', 'number'),
    op: '!=',
    value,
  });
  assert.deepEqual(runs("number NOT IN ('3', '4')"), { kind: 'and', parts: [not(3), not(4)] });
});

test('a wrong filter names the place and what to do', () => {
  const cases: Array<[string, RegExp]> = [
    ["metrics.a > 'x'", /numeric value for metric 'a' at character 13/],
    ['params.a = 5', /quoted string value for param 'a' at character 12 \('5'\)/],
    ["params.a > 'x'", /Invalid comparator '>' for param 'a' at character 10/],
    ['metrics.a like 3', /Invalid comparator 'like'/],
    ['metrics.a >', /numeric value .* at its end/],
    ["params.a = 'x", /quote ' is never closed at character 12/],
    ['(metrics.a > 1', /'\)' is missing at its end/],
    ['metrics.a > 1 = 2', /AND or OR was expected at character 15/],
    ['metrics.a > 1 OR', /a name was expected at its end/],
    ['NOT', /a name was expected at its end/],
    [`${'not '.repeat(60)}metrics.a > 1`, /more than 50 NOTs/],
    ["number in ('1', 'x')", /'x' in its list is no number/],
    ["wheels.a = 'x'", /a run has no 'wheels'/],
    ["colour = 'x'", /a run has no attribute 'colour'/],
    ["datasets.size = 'x'", /'datasets' has no 'size'/],
    ["status in ('a')", /Invalid comparator 'in'/],
    ['status is null', /cannot be tested with IS NULL/],
    ['metrics. > 1', /the name after 'metrics\.' is missing/],
    ['! = 3', /'!' stands alone/],
    ['constructor.a = 1', /a run has no 'constructor'/],
    [`${'('.repeat(60)}metrics.a > 1`, /more than 50 parentheses/],
    [Array.from({ length: 300 }, () => 'metrics.a > 1').join(' and '), /more than 200 clauses/],
  ];
  for (const [text, message] of cases) {
    assert.throws(
      () => runs(text),
      (error: unknown) => {
        assert.ok(error instanceof TreadleError, text);
        assert.equal(error.kind, 'invalid');
        assert.equal(error.field, 'filter');
        assert.ok(error.hint, 'says what to do');
        assert.match(error.message, message);
        return true;
      },
    );
  }
});

test('any text gives a filter or a typed error, also a hostile one', () => {
  const word = fc.constantFrom(
    'metrics.a',
    "'x'",
    '"',
    '`',
    '(',
    ')',
    ',',
    '=',
    '!',
    '<',
    'and',
    'or',
    'not',
    'in',
    'is',
    'null',
    '1.5',
    ' ',
    'tags.',
    '.',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(word).map((words) => words.join(' ')),
      ),
      (text) => {
        try {
          runs(text);
        } catch (error) {
          assert.ok(error instanceof TreadleError, `${text}: ${String(error)}`);
        }
      },
    ),
  );
  assert.throws(() => runs(`params.a in (${"'x',".repeat(15_000)}`), TreadleError);
  assert.throws(() => runs('('.repeat(60_000)), TreadleError);
  assert.throws(() => runs("'".repeat(60_001)), TreadleError);
});

test('orders', () => {
  assert.deepEqual(parseOrder('metrics.`a b` DESC', vocabulary), {
    left: left('metric', 'a b', 'number'),
    descending: true,
  });
  assert.deepEqual(parseOrder('start_time', vocabulary), {
    left: left('attribute', 'start_time', 'number'),
    descending: false,
  });
  assert.deepEqual(parseOrder('`Run name` asc', vocabulary).left.key, 'run_name');
  assert.throws(() => parseOrder('metrics.a sideways', vocabulary), /only ASC or DESC/);
  assert.throws(() => parseOrder('datasets.name', vocabulary), /cannot order by/);
});

test('a page token continues its own search only', () => {
  const token = encodePage('q1', [1.5, 'x', null]);
  assert.deepEqual(decodePage('q1', token, 3), [1.5, 'x', null]);
  assert.equal(decodePage('q1', undefined, 3), undefined);
  assert.equal(decodePage('q1', '', 3), undefined);
  for (const bad of [
    encodePage('q2', [1, 2, 3]),
    encodePage('q1', [1]),
    'junk',
    Buffer.from('{}').toString('base64url'),
    Buffer.from('["q1",{},1,2]').toString('base64url'),
  ]) {
    assert.throws(() => decodePage('q1', bad, 3), /Invalid page token/, bad);
  }
});
