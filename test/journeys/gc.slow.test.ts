import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { commitVersion, deleteDataset, deleteVersion } from '../../src/data/index.ts';
import { createLoggedModel, deleteLoggedModel, finalizeLoggedModel } from '../../src/models/index.ts';
import { insertExecution, saveSteps } from '../../src/pipelines/store.ts';
import type { Ctx } from '../../src/platform/ctx/index.ts';
import { newId } from '../../src/platform/ids/index.ts';
import { blobUsers } from '../../src/rooms.ts';
import {
  createExperiment,
  createRun,
  deleteExperiment,
  deleteRun,
  logBatch,
  putArtifact,
} from '../../src/tracking/index.ts';
import { openTest } from '../harness.ts';
import { executionRow, stepRow } from '../pipeline-rows.ts';

const treadle = path.join(import.meta.dirname, '..', '..', 'bin', 'treadle');
/** Nouns that come and go; `npm run test:deep` asks for a thousand. */
const NOUNS = Number(process.env['TREADLE_GC_NOUNS'] ?? 42);

const cli = async (...argv: string[]): Promise<unknown> =>
  JSON.parse((await promisify(execFile)(treadle, [...argv, '--json'])).stdout) as unknown;

/** Bytes of packs and files of a store. */
function onDisk(data: string): number {
  let bytes = 0;
  for (const part of ['packs', 'files', 'lost', 'temp']) {
    const folder = path.join(data, 'blobs', part);
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const at = statSync(path.join(folder, name));
      if (at.isFile()) bytes += at.size;
    }
  }
  return bytes;
}

let made = 0;
const content = (): Buffer => randomBytes(made++ % 40 === 39 ? 4 * 1024 * 1024 + 7 : 3000);

/** A noun with bytes of its own, and how it is deleted. */
type Make = (ctx: Ctx, name: string) => Promise<() => Promise<unknown>>;

const MAKERS: Record<string, Make> = {
  async run(ctx) {
    const run = await createRun(ctx, { experiment: '0' });
    await putArtifact(ctx, `0/${run}/artifacts/a/b.bin`, { source: content() });
    await logBatch(ctx, run, {
      metrics: [{ key: 'loss', value: 1, step: 1, time: 1 }],
      params: [],
      tags: [],
    });
    return () => deleteRun(ctx, run);
  },
  async experiment(ctx, name) {
    const { id } = await createExperiment(ctx, { name });
    const run = await createRun(ctx, { experiment: id });
    await putArtifact(ctx, `${id}/${run}/artifacts/c.bin`, { source: content() });
    return () => deleteExperiment(ctx, id);
  },
  async 'logged model'(ctx, name) {
    const model = await createLoggedModel(ctx, { experiment: '0', name });
    await putArtifact(ctx, `0/models/${model.id}/artifacts/MLmodel`, { source: Buffer.from(`a: ${name}\n`) });
    await putArtifact(ctx, `0/models/${model.id}/artifacts/model.bin`, { source: content() });
    await finalizeLoggedModel(ctx, model.id, 'ready');
    return () => deleteLoggedModel(ctx, model.id);
  },
  async dataset(ctx, name) {
    const [a, b] = await ctx.blobs.putMany([{ bytes: content() }, { bytes: content() }]);
    await commitVersion(ctx, { dataset: name, files: [{ path: 'a.bin', ...a! }] });
    await commitVersion(ctx, {
      dataset: name,
      files: [
        { path: 'x/a.bin', ...a! },
        { path: 'x/b.bin', ...b! },
      ],
    });
    return () => deleteDataset(ctx, { dataset: name });
  },
  async 'dataset version'(ctx, name) {
    const keep = await ctx.blobs.put(Buffer.from('the same in all'));
    const [a] = await ctx.blobs.putMany([{ bytes: content() }]);
    const first = await commitVersion(ctx, {
      dataset: 'kept',
      branch: name,
      files: [
        { path: 'a', ...keep },
        { path: 'b', ...a! },
      ],
    });
    await commitVersion(ctx, { dataset: 'kept', branch: name, files: [{ path: 'a', ...keep }] });
    return () => deleteVersion(ctx, { dataset: 'kept', ref: first.version.name });
  },
  async execution(ctx, name) {
    const [code, log, output] = await ctx.blobs.putMany([
      { bytes: Buffer.from(`print(${name})`) },
      { bytes: content() },
      { bytes: content() },
    ]);
    const [manifest, list] = await ctx.blobs.putMany([
      { bytes: Buffer.from(JSON.stringify([{ path: 'a.py', ...code! }])) },
      { bytes: Buffer.from(JSON.stringify([{ path: 'out.bin', ...output! }])) },
    ]);
    const id = newId();
    await ctx.write(async (tx) => {
      await insertExecution(tx, executionRow({ id, number: made, manifest: manifest!.hash }));
      const out = { name: 'out', path: 'out', kind: 'folder', digest: list!.hash, size: 3000, files: 1 };
      const outputs = JSON.stringify([out]);
      await saveSteps(tx, [
        stepRow({ execution_id: id, name: 's', outputs, log_hash: log!.hash, log_bytes: 3000 }),
      ]);
    });
    return async () => {
      const { deleteExecution } = await import('../../src/pipelines/delete-execution.ts');
      await deleteExecution(ctx, id);
    };
  },
};

/** Columns of text that hold the hash of a stored blob, whatever they are called. */
async function columnsWithHashes(ctx: Ctx): Promise<string[]> {
  const { rows: hashes } = await sql<{ hash: string }>`select hash from blob`.execute(ctx.db);
  const known = new Set(hashes.map(({ hash }) => hash));
  const { rows: columns } = await sql<{ t: string; c: string }>`
    select m.name as t, c.name as c from sqlite_master m join pragma_table_info(m.name) c
    where m.type = 'table' and lower(c.type) = 'text' and m.name not like 'sqlite_%'`.execute(ctx.db);
  const found: string[] = [];
  for (const { t, c } of columns) {
    const { rows } = await sql<{ v: string | null }>`select ${sql.ref(c)} as v from ${sql.table(t)}`.execute(
      ctx.db,
    );
    const holds = rows.some(({ v }) => v?.match(/[0-9a-f]{64}/g)?.some((hash) => known.has(hash)) === true);
    if (holds) found.push(`${t}.${c}`);
  }
  return found;
}

/** They tell of blobs, and need none: the record of what was, and messages on their way. */
const TELL = [
  'blob.hash',
  'blob_pin.hash',
  'blob_doomed.name',
  'ledger_entry.before',
  'ledger_entry.after',
  'event.data',
  'job.payload',
];

test('what was deleted leaves no space behind, and what stays is whole', async (t) => {
  const data = mkdtempSync(path.join(tmpdir(), 'treadle-gc-'));
  try {
    const deletes: Array<() => Promise<unknown>> = [];
    let before = 0;
    {
      await using server = await openTest({ data });
      const { ctx } = server;
      // What stays: one of each kind.
      for (const [kind, make] of Object.entries(MAKERS))
        await make(ctx, `stays ${kind}`.replaceAll(' ', '-'));
      const listed = new Set(blobUsers.flatMap(({ columns, remarks = [] }) => [...columns, ...remarks]));
      const holding = await columnsWithHashes(ctx);
      assert.deepEqual(
        holding.filter((place) => !listed.has(place) && !TELL.includes(place)),
        [],
        'a column holds hashes of blobs and is in no uses.ts',
      );
      for (const room of [
        'artifact.hash',
        'dataset_version.hash',
        'execution.manifest',
        'step.outputs',
        'step.log_hash',
      ])
        assert.ok(holding.includes(room), `${room} is filled here`);
    }
    await cli('gc', '--data', data, '--grace', '0', '--compact');
    before = onDisk(data);
    {
      await using server = await openTest({ data });
      const kinds = Object.entries(MAKERS);
      for (let i = 0; i < NOUNS; i++) {
        const [kind, make] = kinds[i % kinds.length]!;
        deletes.push(await make(server.ctx, `goes-${kind}-${i}`.replaceAll(' ', '-')));
      }
      assert.ok(onDisk(data) > before + NOUNS * 3000);
      // While a server runs, the young stays.
      for (const go of deletes) await go();
      const env = { ...process.env, TREADLE_URL: server.url };
      const { stdout } = await promisify(execFile)(treadle, ['gc', '--json'], { env });
      assert.equal((JSON.parse(stdout) as { removed: { blobs: number } }).removed.blobs, 0);
      await assert.rejects(
        promisify(execFile)(treadle, ['gc', '--data', data], { env }),
        /is using the data folder/,
      );
    }
    const done = (await cli('gc', '--data', data, '--grace', '0', '--compact')) as {
      removed: { blobs: number };
      freed: number;
      purged: { runs: number; experiments: number; logged_models: number };
    };
    t.diagnostic(JSON.stringify(done));
    // Versions of "kept" leave the two trees of their branches, which stay: their second one names nothing new.
    const after = onDisk(data);
    const versions = Math.floor(
      (NOUNS + Object.keys(MAKERS).indexOf('dataset')) / Object.keys(MAKERS).length,
    );
    assert.ok(Math.abs(after - before) <= versions * 400, `${before} bytes before, ${after} after`);
    assert.ok(done.purged.runs > 0 && done.purged.experiments > 0 && done.purged.logged_models > 0);
    {
      await using server = await openTest({ data });
      const env = { ...process.env, TREADLE_URL: server.url };
      const { stdout } = await promisify(execFile)(treadle, ['verify', '--json'], { env });
      assert.deepEqual((JSON.parse(stdout) as { faults: unknown[] }).faults, []);
      const space = JSON.parse((await promisify(execFile)(treadle, ['space', '--json'], { env })).stdout) as {
        missing: unknown[];
        broken: unknown[];
        orphaned: { blobs: number };
        nouns: Array<{ noun: string }>;
      };
      assert.deepEqual([space.missing, space.broken, space.orphaned.blobs], [[], [], 0]);
      assert.deepEqual(space.nouns.map(({ noun }) => noun).toSorted(), [
        'dataset versions',
        'executions',
        'logged models',
        'runs',
      ]);
    }
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
});
