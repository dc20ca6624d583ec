import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdsMetrics, readMetrics, tooLargeForMetrics } from './metrics-file.ts';

const of = async (text: string, path = 'metrics.jsonl') => {
  const { metrics, ...said } = await readMetrics(text, path);
  return { metrics: metrics.map(({ key, value, step }) => `${key}=${value}@${step}`), ...said };
};
const silent = { faults: [], remarks: [] };

void test('numbers are read as Python writes them', async () => {
  assert.deepEqual(await of('{"accuracy": 0.91, "f1": NaN, "up": Infinity, "down": -Infinity}', 'm.json'), {
    ...silent,
    metrics: ['accuracy=0.91@0', 'f1=NaN@0', 'up=Infinity@0', 'down=-Infinity@0'],
  });
  const { metrics, remarks } = await of('{"note": "NaN, \\"Infinity\\"", "loss": NaN}', 'm.json');
  assert.deepEqual(
    [metrics, remarks],
    [['loss=NaN@0'], ['m.json: no numbers, and so no metrics: note (text)']],
  );
});

void test('a step is a whole number, however it is written; another is refused with its line', async () => {
  const read = await of(
    [{ step: 10, loss: 3 }, { loss: 2 }].map((one) => JSON.stringify(one)).join('\n') +
      '\n{"step": 30.0, "loss": 1}\r\n\n{"step": 30.5, "loss": 0}\n{"step": "7", "loss": 0}\n',
  );
  assert.deepEqual(read, {
    metrics: ['loss=3@10', 'loss=2@1', 'loss=1@30'],
    faults: [
      'metrics.jsonl, line 5: its step is 30.5, and a step is a whole number: its numbers were not logged',
      'metrics.jsonl, line 6: its step is "7", and a step is a whole number: its numbers were not logged',
    ],
    remarks: [],
  });
});

void test('a broken line, a line that is no object and a name that no metric may have are said, and the rest is kept', async () => {
  const { metrics, faults } = await of('{"a": 1}\n{"a": 2,\n[1, 2]\n{"a?": 3, "b": 4}\n{"a": 5');
  assert.deepEqual(metrics, ['a=1@0', 'b=4@3']);
  assert.equal(faults.length, 4);
  assert.match(faults[0]!, /^metrics\.jsonl, line 2: is not JSON: /);
  assert.match(faults[1]!, /^metrics\.jsonl, line 3: is a list, and not an object/);
  assert.match(faults[2]!, /^metrics\.jsonl, line 4: .*a\?.*: the number was not logged$/);
  assert.match(faults[3]!, /^metrics\.jsonl, line 5: is not JSON: /);
  const many = await of('x\n'.repeat(100));
  assert.deepEqual([many.faults.length, many.faults.at(-1)], [6, 'metrics.jsonl: and 95 more such lines']);
  assert.deepEqual((await of('not json', 'metrics.json')).metrics, []);
  assert.match((await of('not json', 'metrics.json')).faults[0]!, /^metrics\.json: is not JSON/);
});

void test('nested names are joined, lists of records are lines, and what is no number is remarked', async () => {
  assert.deepEqual(
    await of(
      JSON.stringify({
        train: { auc: 1, deep: { loss: 2 } },
        confusion: [[1, 2]],
        model: 'x',
        best: true,
        none: null,
      }),
      'metrics.json',
    ),
    {
      metrics: ['train.auc=1@0', 'train.deep.loss=2@0'],
      faults: [],
      remarks: [
        'metrics.json: no numbers, and so no metrics: confusion (a list), model (text), best (true or false), none (null)',
      ],
    },
  );
  assert.deepEqual(await of('[{"loss": 2}, {"step": 7, "loss": 1}]', 'metrics.json'), {
    ...silent,
    metrics: ['loss=2@0', 'loss=1@7'],
  });
  const deep = '{"a":'.repeat(12) + '1' + '}'.repeat(12);
  assert.match((await of(deep, 'metrics.json')).faults[0]!, /lies more than 8 names deep/);
});

void test('all numbers are kept up to a bound that is said', async () => {
  const lines = (n: number): string =>
    Array.from({ length: n }, (_, i) => `{"step":${i},"loss":${n - i}}`).join('\n');
  const some = await of(lines(1500));
  assert.deepEqual([some.metrics.length, some.metrics.at(-1), some.faults], [1500, 'loss=1@1499', []]);
  const many = await of(lines(100_002));
  assert.deepEqual(
    [many.metrics.length, many.faults],
    [
      100_000,
      ['metrics.jsonl: the first 100,000 numbers were logged, and 2 more, from line 100001 on, were not'],
    ],
  );
});

void test('a metrics file is known by its name, and one that is too large is named', () => {
  const is = (path: string, name = 'm'): boolean => holdsMetrics({ path, name });
  assert.deepEqual(
    [
      is('metrics.json'),
      is('a/x.jsonl', 'eval_metrics'),
      is('my-metrics.ndjson'),
      is('a.json'),
      is('metrics.csv'),
    ],
    [true, true, true, false, false],
  );
  assert.equal(tooLargeForMetrics({ path: 'metrics.jsonl', size: 8 * 1024 * 1024 }), undefined);
  assert.match(
    tooLargeForMetrics({ path: 'metrics.json', size: 2 * 1024 * 1024 })!,
    /^metrics\.json has 2\.0 MiB, .* none of its numbers were logged$/,
  );
});
