import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { openTest, type TestServer } from '../../../test/harness.ts';
import { commitVersion, type DatasetVersion } from '../../data/index.ts';
import { createLoggedModel, createVersion } from '../../models/index.ts';
import { createRun, deleteRun, logInputs, logVersionRead } from '../../tracking/index.ts';
import { resolveGateData } from './gate-data.ts';
import { trainingSources } from './training-sources.ts';

let server: TestServer;
before(async () => {
  server = await openTest();
});
after(() => server[Symbol.asyncDispose]());

const noVersion = () => Promise.resolve(undefined);

async function commit(dataset: string, files: Record<string, string>): Promise<DatasetVersion> {
  const { ctx } = server;
  const infos = await ctx.blobs.putMany(Object.values(files).map((text) => ({ bytes: Buffer.from(text) })));
  const { version } = await commitVersion(ctx, {
    dataset,
    files: Object.keys(files).map((path, i) => ({ path, ...infos[i]! })),
    allow: ['empty', 'broken'],
  });
  return version;
}

const run = (more: { parent?: string; tags?: Array<[string, string]> } = {}) =>
  createRun(server.ctx, { experiment: '0', ...more });

const reads = (id: string, version: DatasetVersion) =>
  logVersionRead(server.ctx, id, {
    name: version.dataset,
    version: { id: version.id, ref: `${version.dataset}@${version.name}` },
    digest: version.hash,
  });

const register = (model: string, id?: string) =>
  createVersion(server.ctx, {
    model,
    source: 's3://models/m.onnx',
    makeModel: true,
    ...(id === undefined ? {} : { run_id: id }),
  });

const labels = async (ref: string) => {
  const { sources, unread } = await trainingSources(server.ctx, ref);
  return {
    sources: sources.map(({ label }) => label).toSorted(),
    unread: unread.map(({ label, reason }) => `${label}: ${reason}`).toSorted(),
  };
};

test('what the run read, and what ancestor models read, in whatever version', async () => {
  const v1 = await commit('walked', { 'a.csv': 'x\n1\n' });
  const v2 = await commit('walked', { 'a.csv': 'x\n2\n' });
  const base = await run();
  await reads(base, v1);
  const baseModel = await createLoggedModel(server.ctx, { experiment: '0', name: 'base', run: base });
  const tuned = await run();
  await reads(tuned, v2);
  await logInputs(server.ctx, tuned, { models: [baseModel.id] }, noVersion);
  const version = await register('tuned', tuned);
  const found = await trainingSources(server.ctx, version.ref);
  assert.deepEqual(
    found.sources.map(({ ref, label, read_by, files }) => ({ ref, label, read_by, files: files.length })),
    [
      { ref: `dataset_version:${v2.id}`, label: 'walked@v2', read_by: `run:${tuned}`, files: 1 },
      {
        ref: `dataset_version:${v1.id}`,
        label: 'walked@v1',
        read_by: `logged_model:${baseModel.id}`,
        files: 1,
      },
    ],
  );
  assert.deepEqual(found.unread, []);
  // A version made from that version has its lineage.
  const copy = await createVersion(server.ctx, {
    model: 'copied',
    source: `models:/tuned/${version.version}`,
    makeModel: true,
  });
  assert.deepEqual((await labels(copy.ref)).sources, ['walked@v1', 'walked@v2']);
});

test('ancestors in a circle end', async () => {
  const v = await commit('circle', { 'a.csv': 'x\n1\n' });
  const [a, b] = [await run(), await run()];
  const [ma, mb] = [
    await createLoggedModel(server.ctx, { experiment: '0', run: a }),
    await createLoggedModel(server.ctx, { experiment: '0', run: b }),
  ];
  await reads(a, v);
  await reads(b, v);
  await logInputs(server.ctx, a, { models: [mb.id] }, noVersion);
  await logInputs(server.ctx, b, { models: [ma.id] }, noVersion);
  assert.deepEqual(await labels((await register('circular', a)).ref), { sources: ['circle@v1'], unread: [] });
});

test('runs around the run count; runs beside it do not', async () => {
  const [above, own, below, beside] = [
    await commit('above', { 'a.csv': 'x\n1\n' }),
    await commit('own', { 'a.csv': 'x\n2\n' }),
    await commit('below', { 'a.csv': 'x\n3\n' }),
    await commit('beside', { 'a.csv': 'x\n4\n' }),
  ];
  const parent = await run();
  const self = await run({ parent });
  const child = await run({ parent: self });
  const sibling = await run({ parent });
  for (const [id, version] of [
    [parent, above],
    [self, own],
    [child, below],
    [sibling, beside],
  ] as const)
    await reads(id, version);
  assert.deepEqual((await labels((await register('nested', self)).ref)).sources, [
    'above@v1',
    'below@v1',
    'own@v1',
  ]);
});

test('what cannot be compared is named with the reason', async () => {
  const none = await labels((await register('unknown')).ref);
  assert.match(none.unread[0]!, /^unknown v1: no run is known/);
  const silent = await run();
  assert.match((await labels((await register('silent', silent)).ref)).unread[0]!, /says nothing of the data/);
  const images = await commit('images', { 'a.png': 'x', 'b.npy': 'y' });
  const mixed = await commit('mixed', { 'a.csv': 'x\n1\n', 'b.npz': 'y', 'README.md': 'z' });
  const id = await run();
  await reads(id, images);
  await reads(id, mixed);
  await logInputs(
    server.ctx,
    id,
    {
      datasets: [
        {
          name: 'elsewhere',
          digest: 'abcd1234',
          sourceType: 's3',
          source: '{"uri":"s3://b/k"}',
          tags: [['mlflow.data.context', 'training']],
        },
      ],
    },
    noVersion,
  );
  const { ref } = await register('mixed', id);
  const found = await labels(ref);
  assert.equal(found.unread.length, 1);
  assert.match(found.unread[0]!, /^elsewhere \(abcd1234, logged as training\): it is kept elsewhere \(s3\)/);
  const names = (files: ReadonlyArray<{ path: string }>) => files.map(({ path }) => path).join(' ');
  const { sources } = await trainingSources(server.ctx, ref);
  assert.deepEqual(
    sources.map(({ label, files, others, notes }) => [label, names(files), names(others), names(notes)]),
    [
      ['images@v1', '', 'a.png b.npy', ''],
      ['mixed@v1', 'a.csv', 'b.npz', 'README.md'],
    ],
    'every file is in one of the lists',
  );
  assert.equal((await trainingSources(server.ctx, 'model_version:nobody/7')).unread.length, 1);
});

test('a deleted run still says what it read', async () => {
  const v = await commit('kept', { 'a.csv': 'x\n1\n' });
  const id = await run();
  await reads(id, v);
  const version = await register('deleted-run', id);
  await deleteRun(server.ctx, id);
  assert.deepEqual((await labels(version.ref)).sources, ['kept@v1']);
});

test('another workspace sees none of it', async () => {
  const v = await commit('walled', { 'a.csv': 'x\n1\n' });
  const id = await run();
  await reads(id, v);
  const version = await register('walled', id);
  const found = await trainingSources(server.ctx.as({ workspace: 'other' }), version.ref);
  assert.deepEqual(found.sources, []);
  assert.equal(found.unread.length, 1);
});

test('the gate’s data: a dataset, one file or folder of it, and what is there instead', async () => {
  const version = await commit('gates', {
    'a/x.parquet': 'p',
    'a/y.csv': 'x\n1\n',
    'b.jsonl': '{}',
    'notes.txt': 'n',
    'c.npy': 'c',
  });
  const of = async (ref: string) =>
    (await resolveGateData(server.ctx, { kind: 'dataset', ref })).files.map(({ path }) => path);
  assert.deepEqual(await of('gates'), ['a/x.parquet', 'a/y.csv', 'b.jsonl']);
  assert.deepEqual(await of('gates@v1:a'), ['a/x.parquet', 'a/y.csv']);
  assert.deepEqual(await of('gates@main:a/y.csv'), ['a/y.csv']);
  assert.deepEqual(await of('gates@v1/b.jsonl'), ['b.jsonl']);
  const { ref, label } = await resolveGateData(server.ctx, { kind: 'dataset', ref: 'gates@main:a/y.csv' });
  assert.deepEqual([ref, label], [`dataset_version:${version.id}`, 'gates@v1:a/y.csv']);
  const refused = (text: string, error: object) =>
    assert.rejects(resolveGateData(server.ctx, { kind: 'dataset', ref: text }), error, text);
  await refused('gates@v1:nope.csv', {
    kind: 'missing',
    field: 'data',
    message: "'gates@v1' has no file 'nope.csv'",
    hint: /a\/x\.parquet/,
  });
  await refused('gates@v1:notes.txt', {
    kind: 'invalid',
    field: 'data',
    message: /holds no table/,
    hint: /notes\.txt/,
  });
  await refused('gates@v1:c.npy', { kind: 'invalid', hint: /c\.npy/ });
  await refused('nobody@v1', { kind: 'missing' });
  await refused('gates@v9', { kind: 'missing' });
  for (const text of ['', ':', 'gates@v1:', 'gates@v1/a:b', '../x', 'gates@v1@v2', 'a b'])
    await refused(text, { kind: 'invalid', field: 'data' });
  await assert.rejects(
    resolveGateData(server.ctx, { kind: 'output', execution: 'nope', step: 'prep', output: 'holdout' }),
    { kind: 'missing', field: 'execution' },
  );
});
