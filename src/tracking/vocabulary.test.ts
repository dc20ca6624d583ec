import assert from 'node:assert/strict';
import test from 'node:test';
import { parseFilter, parseOrder } from '../platform/search/index.ts';
import { experimentVocabulary, runVocabulary } from './vocabulary.ts';

const runs = (text: string) => parseFilter(text, runVocabulary);
const left = (entity: string, key: string, type = 'text') => ({ entity, key, type });

test('reads every shape that MLflow writes', () => {
  const cases: Array<[string, unknown]> = [
    ['metrics.loss < 0.5', { kind: 'compare', left: left('metric', 'loss', 'number'), op: '<', value: 0.5 }],
    [
      'metric.loss>=-1e-3',
      { kind: 'compare', left: left('metric', 'loss', 'number'), op: '>=', value: -0.001 },
    ],
    [
      'metrics.`val loss` = 1',
      { kind: 'compare', left: left('metric', 'val loss', 'number'), op: '=', value: 1 },
    ],
    ['metrics."a/b" != 1', { kind: 'compare', left: left('metric', 'a/b', 'number'), op: '!=', value: 1 }],
    ["parameters.m = 'x'", { kind: 'compare', left: left('param', 'm'), op: '=', value: 'x' }],
    ['params.m = "it\'s"', { kind: 'compare', left: left('param', 'm'), op: '=', value: "it's" }],
    ["params.m = 'it''s'", { kind: 'compare', left: left('param', 'm'), op: '=', value: "it's" }],
    [
      "tags.mlflow.parentRunId LIKE 'a%'",
      { kind: 'compare', left: left('tag', 'mlflow.parentRunId'), op: 'like', value: 'a%' },
    ],
    [
      'tags."mlflow.source.name" ilike \'%X\'',
      { kind: 'compare', left: left('tag', 'mlflow.source.name'), op: 'ilike', value: '%X' },
    ],
    [
      "status = 'FINISHED'",
      { kind: 'compare', left: left('attribute', 'status'), op: '=', value: 'FINISHED' },
    ],
    [
      "attributes.status != 'FINISHED'",
      { kind: 'compare', left: left('attribute', 'status'), op: '!=', value: 'FINISHED' },
    ],
    ["`run name` = 'a'", { kind: 'compare', left: left('attribute', 'run_name'), op: '=', value: 'a' }],
    [
      'created > 1700000000000',
      { kind: 'compare', left: left('attribute', 'start_time', 'number'), op: '>', value: 1_700_000_000_000 },
    ],
    [
      "run_id in ('a', 'b')",
      { kind: 'compare', left: left('attribute', 'run_id'), op: 'in', value: ['a', 'b'] },
    ],
    [
      "attribute.run_id NOT IN ('a',)",
      { kind: 'compare', left: left('attribute', 'run_id'), op: 'not in', value: ['a'] },
    ],
    [
      "datasets.name NOT IN ('a')",
      { kind: 'compare', left: left('dataset', 'name'), op: 'not in', value: ['a'] },
    ],
    ['params.x IS NULL', { kind: 'null', left: left('param', 'x'), negated: false }],
    ['tags.x is not null', { kind: 'null', left: left('tag', 'x'), negated: true }],
  ];
  for (const [text, meaning] of cases) assert.deepEqual(runs(text), meaning, text);
  assert.equal(runs(''), undefined);
  assert.equal(runs('  '), undefined);
});

test('orders name what runs and experiments have', () => {
  assert.equal(parseOrder('`Run name` asc', runVocabulary).left.key, 'run_name');
  assert.equal(parseOrder('created', runVocabulary).left.key, 'start_time');
  assert.equal(parseOrder('name ASC', experimentVocabulary).left.key, 'name');
  assert.throws(() => parseOrder('datasets.name', runVocabulary), /cannot order by/);
});
