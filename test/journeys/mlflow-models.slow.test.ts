import assert from 'node:assert/strict';
import test from 'node:test';
import { openTest } from '../harness.ts';
import { freshPostgres } from '../postgres.ts';
import { constantOnnx, registerOnnx } from '../onnx-model.ts';
import { play, playPeer, python } from './mlflow-servers.ts';
import { apiOf } from './serving/api.ts';

/** MLflow's own client, unmodified, against the registry; and the same script against MLflow's own server. */
const skip =
  python === undefined ? 'there is no Python with mlflow: node scripts/setup.mjs makes one' : false;
const postgres = process.env['TREADLE_TEST_PG'];

test('the registry answers MLflow’s client as MLflow’s own server does', { skip }, async (t) => {
  await using server = await openTest();
  const ours = await play('mlflow-models/registry.py', server.url);
  assert.deepEqual(server.errors, []);
  await t.test('MLflow’s own server', async () => {
    const theirs = await playPeer('mlflow-models/registry.py');
    assert.deepEqual(ours, theirs);
    assert.ok(Object.keys(ours).length > 90, `only ${Object.keys(ours).length} steps were played`);
  });
  // The room's own suite runs on every database; the whole client on Postgres once more is for the deep tests.
  if (process.env['TREADLE_TEST_WHOLE'] !== '1') return;
  await t.test(
    'Treadle on Postgres',
    { skip: postgres === undefined || postgres === '' ? 'TREADLE_TEST_PG is not set' : false },
    async () => {
      await using database = await freshPostgres(postgres!);
      await using other = await openTest({ db: database.url });
      assert.deepEqual(await play('mlflow-models/registry.py', other.url), ours);
      assert.deepEqual(other.errors, []);
    },
  );
});

test('models are logged, registered, found and loaded again by MLflow’s client', { skip }, async () => {
  await using server = await openTest();
  const { model_id, run_id, ...rest } = await play('mlflow-models/models.py', server.url);
  assert.match(String(model_id), /^m-[0-9a-f]{32}$/);
  assert.match(String(run_id), /^[0-9a-f]{32}$/);
  assert.deepEqual(rest, EXPECTED);
  assert.deepEqual(server.errors, []);
});

test('MLflow’s client hears where a version answers that it would delete', { skip }, async () => {
  await using server = await openTest();
  await registerOnnx(server.ctx, 'const', constantOnnx(1));
  await apiOf(server.url).deploy('late', '1');
  const words =
    "RESOURCE_CONFLICT: '$' is in use: v1 answers at endpoint 'late' (revision 1). Hint: let another version take its place first; to delete it all the same: treadle models rm $ --force";
  const { version, model, left } = await play('mlflow-models/in-use.py', server.url);
  for (const [told, name] of [
    [version, 'const/1'],
    [model, 'const'],
  ] as const) {
    assert.ok(Array.isArray(told));
    assert.deepEqual(told.slice(0, 2), ['RESOURCE_CONFLICT', 409]);
    assert.ok(String(told[2]).startsWith(words.replaceAll('$', name)), String(told[2]));
  }
  assert.deepEqual(left, [1]);
  assert.deepEqual(server.errors, []);
});

/** The rest of what `models.py` tells; MLflow's own server says the same, but for two searches that it has wrong (status, dataset without digest). */
const EXPECTED = {
  'by run': true,
  copied: true,
  'copied version': 1,
  deleted: 'RESOURCE_DOES_NOT_EXIST',
  'deleted search': false,
  equal: {
    alias: true,
    version: true,
    logged: true,
    runs: true,
    pyfunc: true,
    onnx: true,
    'latest is onnx': true,
  },
  input_example: true,
  logged: {
    status: 'READY',
    name: 'clf',
    params: { depth: '6' },
    tag: 'linear',
    metrics: [
      ['accuracy', 0.9, 0, 'flights'],
      ['auc', 0.61, 0, null],
      ['auc', 0.71, 1, null],
    ],
    source_run: true,
  },
  'logged tags': { a: '1' },
  onnx_version: 2,
  outputs: [true],
  'page sizes': [2, 2, 1],
  pages: ['try-1', 'try-2', 'try-0', 'clf-onnx', 'clf'],
  refused: {
    'bad filter': 'INVALID_PARAMETER_VALUE',
    'bad name': 'INVALID_PARAMETER_VALUE',
    'bad order': 'INVALID_PARAMETER_VALUE',
    'missing model': 'RESOURCE_DOES_NOT_EXIST',
    'missing tag': 'RESOURCE_DOES_NOT_EXIST',
  },
  registered: { model_id: null, run: true, version: 1 },
  search: {
    both: ['try-1'],
    'by metric': ['try-1', 'try-2', 'try-0'],
    'by name': ['clf', 'clf-onnx', 'try-0', 'try-1', 'try-2'],
    in: ['clf', 'try-0'],
    metric: ['try-1', 'try-2'],
    name: ['try-0', 'try-1', 'try-2'],
    newest: ['try-2'],
    'nulls last': ['try-0', 'try-2', 'try-1'],
    'on dataset': ['clf'],
    'other dataset': [],
    status: ['try-2'],
    tag: ['try-0', 'try-1', 'try-2'],
  },
  signature: true,
};
