import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { openTest } from '../../test/harness.ts';
import { packagedModels, registerFolder } from '../../test/packaged-models.ts';
import { modelPackages } from '../../test/journeys/serving/python-model.ts';
import { linearOnnx, registerOnnx } from '../../test/onnx-model.ts';
import { until } from '../../test/until.ts';
import type { LedgerTables } from '../ledger/schema.ts';
import { createVersion } from '../models/index.ts';
import { silentLog } from '../platform/log/index.ts';
import { createProcesses } from '../platform/processes/index.ts';
import type { Conversion } from './contract.ts';
import { createRuntimes, openModel, type ModelPlace, type Tensor } from './index.ts';
import { placeFiles } from './place.ts';
import { difference } from './spec/agree.ts';

const processes = createProcesses();
after(() => processes.close());
const folders = await packagedModels('sklearn-proba', 'sklearn-odd');
// It names what models of journeys name, for which the set-up has made an environment.
writeFileSync(path.join(folders['sklearn-proba'], 'requirements.txt'), modelPackages());

test('a scikit-learn version is converted, compared and kept; endpoints then get the ONNX form, and both answer alike', async () => {
  await using server = await openTest({ config: { offerConversions: true } });
  const runtimes = createRuntimes({
    processes,
    folder: server.data,
    envs: process.env['TREADLE_TEST_ENVIRONMENTS'],
  });
  const conversion = async (model: string, method: 'GET' | 'POST' = 'GET'): Promise<Conversion> => {
    const answer = await fetch(`${server.url}/api/v1/models/${model}/versions/1/conversion`, { method });
    return (await answer.json()) as Conversion;
  };
  const ended = (model: string): Promise<Conversion> =>
    until(
      `the conversion of ${model}`,
      async () => {
        const now = await conversion(model);
        return now.ended_at !== undefined && now;
      },
      100,
    );
  await registerFolder(server.ctx, 'flights', folders['sklearn-proba']);
  await registerFolder(server.ctx, 'odd', folders['sklearn-odd']);
  await registerOnnx(server.ctx, 'plain', linearOnnx([1, 2], 3));

  assert.deepEqual(await conversion('plain'), {
    model: 'plain',
    version: 1,
    version_ref: 'model_version:plain/1',
    state: 'none',
    reason: 'it has an ONNX form of its own',
    tolerance: 1e-5,
  });
  const refused = await fetch(`${server.url}/api/v1/models/plain/versions/1/conversion`, { method: 'POST' });
  assert.equal(refused.status, 400);

  // Registering alone is enough, a little later; asking brings it forward.
  const queued = await conversion('flights', 'POST');
  assert.ok(queued.state === 'queued' || queued.state === 'running', queued.state);
  const kept = await ended('flights');
  assert.equal(kept.state, 'kept', kept.reason ?? '');
  assert.ok((kept.largest_difference ?? 1) <= 1e-5 && (kept.rows ?? 0) > 259 && (kept.size ?? 0) > 0);
  assert.deepEqual(kept.probes?.['around'], { rows: 256, refused: 0 });
  assert.ok((kept.probes?.['threshold']?.rows ?? 0) > 0 && (kept.probes?.['other text']?.rows ?? 0) > 0);
  assert.deepEqual([kept.tools?.['skl2onnx'], kept.tools?.['protobuf']], ['1.20.0', '6.33.6']);
  const odd = await ended('odd');
  assert.equal(odd.state, 'failed');
  assert.match(odd.reason ?? '', /FunctionTransformer|function/i);
  assert.equal(odd.size, undefined);
  // The same files under another name: what was found holds for them, and nothing is made again.
  await createVersion(server.ctx, { model: 'copy', source: 'models:/flights/1', makeModel: true });
  await conversion('copy', 'POST');
  const copy = await ended('copy');
  assert.deepEqual(
    [copy.state, copy.largest_difference, copy.rows, copy.size],
    ['kept', kept.largest_difference, kept.rows, kept.size],
  );
  const rows = await server.ctx.db
    .$extendTables<LedgerTables>()
    .selectFrom('ledger_entry')
    .select(['action', 'resource'])
    .where('action', 'like', 'model_version.conver%')
    .where('resource', '!=', 'model_version:copy/1')
    .orderBy('seq')
    .execute();
  const entries = rows.map(({ action, resource }) => ({ action, resource }));
  assert.deepEqual(entries, [
    { action: 'model_version.conversion_requested', resource: 'model_version:flights/1' },
    { action: 'model_version.converted', resource: 'model_version:flights/1' },
    { action: 'model_version.conversion_not_kept', resource: 'model_version:odd/1' },
  ]);

  const prepare = (model: string, runtime?: ModelPlace['runtime']): Promise<ModelPlace> =>
    runtimes.prepare(server.ctx, { model, version: 1 }, { runtime });
  const onnx = await prepare('flights');
  assert.equal(onnx.runtime, 'onnx');
  assert.deepEqual(await prepare('flights'), onnx, 'the same files and settings have the same key');
  const python = await prepare('flights', 'python');
  assert.notEqual(python.key, onnx.key);
  const lock = readFileSync(path.join(path.dirname(python.python!), '..', 'requirements.lock'), 'utf8');
  assert.match(lock, /^scikit-learn==\d/m);
  assert.doesNotMatch(lock, /skl2onnx/, 'the model’s own environment has its own packages only');

  const open = (place: ModelPlace) => openModel(place, { processes, log: silentLog });
  const [quick, own] = [await open(onnx), await open(python)];
  const names = ({ spec }: typeof quick): unknown => [
    spec.inputs,
    spec.outputs.map(({ name, shape }) => [name, shape]),
    spec.returns,
  ];
  assert.deepEqual(names(quick), names(own), 'callers see no difference');
  const asked: Tensor[] = quick.spec.sample!.map((tensor) => ({ ...tensor }));
  const [a, b] = [await quick.run(asked), await own.run(asked)];
  assert.ok(difference(a[0]!, b[0]!) <= 1e-5);
  await quick.close();
  await own.close();

  // The form of other files is never taken, and what has no ONNX form says so.
  await assert.rejects(prepare('odd', 'onnx'), { kind: 'invalid', field: 'runtime' });
  await assert.rejects(runtimes.prepare(server.ctx, { model: 'none', version: 1 }), { kind: 'missing' });
  await assert.rejects(runtimes.prepare(server.ctx, { model: 'plain', version: 9 }), { kind: 'missing' });
  assert.deepEqual(server.errors, []);
});

test('files are placed whole or not at all, once for equal ones, and never outside their folder', async () => {
  await using server = await openTest();
  const { ctx } = server;
  const root = path.join(server.data, 'placed');
  const { hash: digest } = await ctx.blobs.put(Buffer.from('text'));
  const files = [
    { path: 'MLmodel', digest },
    { path: 'code/a.py', digest },
  ];
  const folder = await placeFiles(ctx, root, files);
  assert.deepEqual(
    [...readdirSync(folder, { recursive: true, encoding: 'utf8' })].toSorted((a, b) => (a < b ? -1 : 1)),
    ['MLmodel', 'code', path.join('code', 'a.py')],
  );
  const { ino } = statSync(path.join(folder, 'MLmodel'));
  const again = await Promise.all([1, 2, 3].map(() => placeFiles(ctx, root, files.toReversed())));
  assert.deepEqual(again, [folder, folder, folder]);
  assert.equal(statSync(path.join(folder, 'MLmodel')).ino, ino);
  // Code of a model that writes into its folder spoils neither the stored bytes nor the next use.
  for (const spoil of [
    () => writeFileSync(path.join(folder, 'code/a.py'), 'TEXT'),
    () => writeFileSync(path.join(folder, 'code/b.py'), 'more'),
    () => rmSync(path.join(folder, 'MLmodel')),
    () => {
      rmSync(path.join(folder, 'MLmodel'));
      symlinkSync('/etc/hostname', path.join(folder, 'MLmodel'));
    },
  ]) {
    spoil();
    assert.equal(await placeFiles(ctx, root, files), folder);
    assert.equal(readFileSync(path.join(folder, 'MLmodel'), 'utf8'), 'text');
    assert.deepEqual(readdirSync(path.join(folder, 'code')), ['a.py']);
    assert.equal(readFileSync(path.join(folder, 'code/a.py'), 'utf8'), 'text');
    assert.equal((await ctx.blobs.read(digest)).toString(), 'text');
  }
  for (const name of ['../x', '/etc/x', 'a/../../x', 'a//b', './x', 'a\\b', 'a\nb', ''])
    await assert.rejects(placeFiles(ctx, root, [{ path: name, digest }]), { kind: 'invalid' }, name);
  await assert.rejects(placeFiles(ctx, root, [...files, { path: 'gone', digest: '0'.repeat(64) }]));
  assert.deepEqual(readdirSync(root), [path.basename(folder)], 'nothing half-made is left');
  assert.equal(existsSync(path.join(server.data, 'x')), false);
});
