import assert from 'node:assert/strict';
import test from 'node:test';
import type { Run } from '../../../src/tracking/contract.ts';
import { diffRows, metricRows } from './diff-rows.ts';

const run = (more: Partial<Run>): Run => ({
  id: 'r',
  experiment: '0',
  name: 'r',
  user: '',
  status: 'finished',
  state: 'active',
  started_at: 0,
  params: {},
  tags: {},
  metrics: [],
  inputs: [],
  model_inputs: [],
  outputs: [],
  resources: { sampled: [] },
  artifact_uri: '',
  ...more,
});
const input = (version_ref: string | undefined) => ({
  name: 'flights',
  digest: 'abc',
  source_type: '',
  source: '',
  tags: {},
  context: 'training',
  ...(version_ref === undefined ? {} : { version_ref }),
});

test('one line for each thing, marked where the runs differ', () => {
  const rows = diffRows([
    run({
      params: { depth: '6', rate: '0.1' },
      inputs: [input('flights@v1')],
      environment: { python: '3.12', packages: ['numpy==2.0', 'scikit-learn==1.5', './local'] },
      tags: { team: 'ops', 'mlflow.user': 'a' },
      code: { commit: 'aa', dirty: false },
    }),
    run({
      params: { depth: '8', rate: '0.1', seed: '7' },
      inputs: [input('flights@v2')],
      environment: { python: '3.12', packages: ['numpy==2.1', 'scikit-learn==1.5', './local'] },
      tags: { team: 'ops', 'mlflow.user': 'b' },
      code: { commit: 'aa', dirty: true },
    }),
  ]);
  assert.deepEqual(
    rows.filter((row) => row.differs).map(({ id, values }) => [id, ...values]),
    [
      ['data flights (training)', 'flights@v1', 'flights@v2'],
      ['param depth', '6', '8'],
      ['param seed', undefined, '7'],
      ['code dirty', 'false', 'true'],
      ['environment packages.numpy', '2.0', '2.1'],
    ],
  );
  assert.ok(rows.some((row) => row.id === 'environment packages' && !row.differs));
  assert.ok(!rows.some((row) => row.key.startsWith('mlflow.')));
  assert.equal(rows.find((row) => row.key === 'rate')?.differs, false);
});

test('one run differs from nothing', () => {
  assert.ok(diffRows([run({ params: { a: '1' } })]).every((row) => !row.differs));
  assert.deepEqual(diffRows([]), []);
});

test('what came of the runs, metric by metric, and whether it differs', () => {
  const metric = (key: string, last: number | 'NaN') => ({ key, last, step: 0, time: 0, count: 1 });
  assert.deepEqual(
    metricRows([
      run({ metrics: [metric('b', 1), metric('a', 'NaN'), metric('system/cpu', 3)] }),
      run({ metrics: [metric('b', 2), metric('a', 'NaN'), metric('c', 1)] }),
    ]),
    [
      { key: 'a', values: [NaN, NaN], differs: false },
      { key: 'b', values: [1, 2], differs: true },
      { key: 'c', values: [undefined, 1], differs: true },
    ],
  );
});
