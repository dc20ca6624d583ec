import assert from 'node:assert/strict';
import test from 'node:test';
import { complete, completionsFor, distance, placeAt, plainName, unknownNames } from './filter-words.ts';

const COLUMNS = [
  'metrics.auc',
  'metrics.val loss',
  'metrics.train/loss',
  'params.model',
  'params.depth',
  'tags.team',
];
const at = (marked: string) => {
  const cursor = marked.indexOf('|');
  const text = marked.replace('|', '');
  const place = placeAt(text, cursor);
  return {
    text,
    place,
    labels: completionsFor(place, COLUMNS, ['forest', "o'neil"]).map(({ label }) => label),
  };
};

test('what may follow is known from what stands before', () => {
  const cases: [string, string, string | undefined][] = [
    ['|', 'name', undefined],
    ['metrics.a|', 'name', undefined],
    ['metrics.auc |', 'operator', 'metrics.auc'],
    ['metrics.auc >|', 'operator', 'metrics.auc'],
    ['metrics.auc > |', 'value', 'metrics.auc'],
    ["params.model = 'fo|'", 'value', 'params.model'],
    ['metrics.`val loss` < 1 |', 'join', 'metrics.val loss'],
    ['metrics.auc > 1 AN|', 'join', 'metrics.auc'],
    ['metrics.auc > 1 AND |', 'name', 'metrics.auc'],
    ['(|', 'name', undefined],
    ['NOT (par|', 'name', undefined],
    ["(params.model = 'a' OR params.depth|", 'name', 'params.model'],
  ];
  for (const [marked, wants, name] of cases) {
    const { place } = at(marked);
    assert.deepEqual([place.wants, place.name], [wants, name], marked);
  }
});

test('names, operators and values are offered, the likeliest first', () => {
  assert.deepEqual(at('loss|').labels, ['metrics.val loss', 'metrics.train/loss']);
  assert.deepEqual(at('params.|').labels, ['params.model', 'params.depth']);
  assert.deepEqual(at('metrics.auc <|').labels, ['<', '<=']);
  assert.deepEqual(at('params.model |').labels, ['=', '!=', 'LIKE', 'ILIKE']);
  assert.deepEqual(at("params.model = '|").labels, ['forest', "o'neil"]);
  assert.deepEqual(at('metrics.auc > |').labels, []);
  assert.deepEqual(at('metrics.auc > 1 |').labels, ['AND', 'OR']);
});

test('a completion is written as the grammar spells it', () => {
  const { text, place } = at('metrics.auc > 1 AND vallo| AND x');
  assert.deepEqual(complete(text, place, 'metrics.`val loss`'), {
    text: 'metrics.auc > 1 AND metrics.`val loss` AND x',
    cursor: 'metrics.auc > 1 AND metrics.`val loss` '.length,
  });
  const value = at('params.model = |');
  assert.equal(complete(value.text, value.place, "'o''neil'").text, "params.model = 'o''neil' ");
  assert.equal(plainName('parameters."a b"'), 'params.a b');
});

test('a name that no run has is told, with those that may have been meant', () => {
  const like = (text: string) =>
    unknownNames(text, COLUMNS).map(({ written, like: names }) => [written, names]);
  assert.deepEqual(like("metrics.acu > 1 AND params.model = 'metrics.x'"), [
    ['metrics.acu', ['metrics.auc']],
  ]);
  assert.deepEqual(like('auc > 0.5'), [['auc', ['metrics.auc']]]);
  assert.deepEqual(like('params.modle = 1'), [['params.modle', ['params.model']]]);
  assert.deepEqual(like('metrics.loss < 1')[0]![1], ['metrics.`val loss`', 'metrics.`train/loss`']);
  assert.deepEqual(like("stauts = 'FAILED'"), [['stauts', ['status']]]);
  assert.deepEqual(like("status = 'FAILED' AND datasets.name = 'x' AND attributes.run_id = 'y'"), []);
  assert.deepEqual(like('metrics.something_else > 1'), [['metrics.something_else', []]]);
  assert.deepEqual([distance('abcd', 'abdc'), distance('', 'ab'), distance('kitten', 'sitting')], [1, 2, 3]);
});
