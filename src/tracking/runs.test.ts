import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import test from 'node:test';
import { deleteArtifact, listArtifacts, putArtifact, readArtifact } from './artifacts.ts';
import { createExperiment } from './create-experiment.ts';
import { createRun } from './create-run.ts';
import { deleteExperiment, restoreExperiment } from './delete-experiment.ts';
import { deleteRun, deleteTag, restoreRun } from './delete-run.ts';
import { databases, openRoom, type Room } from './fixture.suite.ts';
import { getExperiment, getExperimentByName } from './get-experiment.ts';
import { compareRuns, getRun } from './load-runs.ts';
import { logBatch } from './log-batch.ts';
import { logInputs, logOutputs, logVersionRead } from './log-inputs.ts';
import type { DatasetRead } from './reads.ts';
import { reportResources } from './report-resources.ts';
import type { TrackingTables } from './schema.ts';
import { deleteExperimentTag, updateExperiment } from './update-experiment.ts';
import { setOutcome, updateRun } from './update-run.ts';

/** What ledger and outbox hear while `act` runs. */
async function heard(room: Room, act: () => Promise<unknown>): Promise<{ said: string[]; told: string[] }> {
  const [said, told] = [room.said.length, room.told.length];
  await act();
  return {
    said: room.said.slice(said).map(({ action }) => action),
    told: room.told.slice(told).map(({ type }) => type),
  };
}

const dataset = (change: Partial<DatasetRead> = {}): DatasetRead => ({
  name: 'flights',
  digest: 'abc123',
  sourceType: 'local',
  source: '{"uri": "/tmp/x.csv"}',
  ...change,
});
const nothingFound = () => Promise.resolve(undefined);

for (const kind of databases) {
  test(`${kind}: an experiment's life, and what is said of it`, async () => {
    const room = await openRoom(kind);
    const { ctx } = room;
    let id = '';
    assert.deepEqual(
      await heard(
        room,
        async () =>
          void (id = (await createExperiment(ctx, { name: 'one', note: 'why', tags: { a: '1' } })).id),
      ),
      {
        said: ['experiment.created', 'experiment.created'],
        told: ['experiment.created'],
      },
    );
    assert.equal(id, '1', 'after Default, which is 0');
    const made = await getExperiment(ctx, id);
    assert.deepEqual([made.name, made.note, made.tags['a'], made.state], ['one', 'why', '1', 'active']);
    await assert.rejects(() => createExperiment(ctx, { name: 'one' }), { kind: 'conflict', field: 'name' });
    await assert.rejects(() => createExperiment(ctx, { name: '' }), { kind: 'invalid', field: 'name' });
    await assert.rejects(() => createExperiment(ctx, { name: 'x'.repeat(501) }), { kind: 'invalid' });
    const many = Array.from({ length: 1001 }, (_, i) => [`t${i}`, ''] as const);
    await assert.rejects(() => createExperiment(ctx, { name: 'many', tags: Object.fromEntries(many) }), {
      kind: 'invalid',
      field: 'tags',
    });
    await assert.rejects(() => createRun(ctx, { experiment: '0', tags: many }), {
      kind: 'invalid',
      field: 'tags',
    });

    assert.deepEqual(await heard(room, () => updateExperiment(ctx, id, { name: 'two', tags: { a: '2' } })), {
      said: ['experiment.renamed'],
      told: ['experiment.updated'],
    });
    await deleteExperimentTag(ctx, id, 'a');
    await assert.rejects(() => deleteExperimentTag(ctx, id, 'a'), { kind: 'missing' });
    await assert.rejects(() => getExperimentByName(ctx, 'one'), { kind: 'missing' });

    const early = await createRun(ctx, { experiment: id });
    await deleteRun(ctx, early);
    const late = await createRun(ctx, { experiment: id });
    assert.deepEqual(await heard(room, () => deleteExperiment(ctx, id)), {
      said: ['experiment.deleted'],
      told: ['experiment.deleted'],
    });
    assert.equal((await getRun(ctx, late)).state, 'deleted');
    await assert.rejects(() => deleteExperiment(ctx, id), { kind: 'missing' });
    await assert.rejects(() => updateExperiment(ctx, id, { name: 'x' }), {
      kind: 'invalid',
      code: 'experiment-deleted',
    });
    await assert.rejects(() => createRun(ctx, { experiment: id }), {
      kind: 'invalid',
      code: 'experiment-deleted',
    });
    await assert.rejects(() => createExperiment(ctx, { name: 'two' }), /deleted state/);
    await restoreExperiment(ctx, id);
    assert.deepEqual(
      [(await getRun(ctx, late)).state, (await getRun(ctx, early)).state],
      ['active', 'deleted'],
      'what was deleted before stays so',
    );
    await assert.rejects(() => restoreExperiment(ctx, id), { kind: 'missing' });
    assert.equal(
      (await createExperiment(room.another('elsewhere'), { name: 'two' })).id,
      '1',
      'names and numbers are a workspace’s own',
    );
  });

  test(`${kind}: a run's life, and what is said of it`, async () => {
    const room = await openRoom(kind);
    const { ctx, clock } = room;
    await getExperiment(ctx, '0');
    let id = '';
    assert.deepEqual(
      await heard(
        room,
        async () =>
          void (id = await createRun(ctx, { experiment: '0', name: 'first', tags: [['__proto__', 'kept']] })),
      ),
      {
        said: ['run.created'],
        told: ['run.created'],
      },
    );
    const started = clock.now();
    assert.deepEqual(
      await heard(room, () =>
        logBatch(ctx, id, {
          metrics: [{ key: 'm', value: 1, step: 0, time: 1 }],
          params: [['p', '1']],
          tags: [['t', '1']],
        }),
      ),
      {
        said: [],
        told: ['run.metrics_logged', 'run.updated'],
      },
    );
    await logBatch(ctx, id, { params: [['p', '1']] });
    await assert.rejects(
      () =>
        logBatch(ctx, id, {
          params: [
            ['q', 'new'],
            ['p', '2'],
          ],
        }),
      /Changing param values is not allowed/,
    );
    assert.deepEqual((await getRun(ctx, id)).params, { p: '1' });
    await logBatch(ctx, id, {
      tags: [
        ['mlflow.runName', 'renamed'],
        ['t', '2'],
        ['t', '3'],
      ],
    });
    await deleteTag(ctx, id, 't');
    await assert.rejects(() => deleteTag(ctx, id, 't'), { kind: 'missing' });

    clock.advance(4000);
    assert.deepEqual(await heard(room, () => updateRun(ctx, id, { status: 'finished', note: 'went well' })), {
      said: ['run.ended'],
      told: ['run.ended', 'run.updated'],
    });
    assert.deepEqual(
      await heard(room, () => setOutcome(ctx, id, { verdict: 'rejected', reason: 'too slow' })),
      { said: ['run.judged'], told: ['run.judged'] },
    );
    await setOutcome(ctx, id, { verdict: 'accepted', reason: 'fast after all' });
    assert.deepEqual(room.said.at(-1)?.before, { verdict: 'rejected', reason: 'too slow' });
    const run = await getRun(ctx, id);
    assert.deepEqual(run.outcome, {
      verdict: 'accepted',
      reason: 'fast after all',
      by: 'Ada',
      at: clock.now(),
    });
    assert.deepEqual(
      [run.name, run.note, run.status, run.ended_at, run.resources.wall_seconds],
      ['renamed', 'went well', 'finished', started + 4000, 4],
    );
    assert.deepEqual(
      Object.entries(run.tags).toSorted(([a], [b]) => a.localeCompare(b)),
      [
        ['__proto__', 'kept'],
        ['mlflow.note.content', 'went well'],
        ['mlflow.runName', 'renamed'],
      ],
    );

    assert.deepEqual(await heard(room, () => deleteRun(ctx, id)), {
      said: ['run.deleted'],
      told: ['run.deleted'],
    });
    assert.deepEqual(await heard(room, () => deleteRun(ctx, id)), { said: [], told: [] });
    for (const write of [
      () => logBatch(ctx, id, { tags: [['a', 'b']] }),
      () => updateRun(ctx, id, { name: 'x' }),
      () => setOutcome(ctx, id, { verdict: 'accepted', reason: 'x' }),
      () => reportResources(ctx, id, { cpu_seconds: 1 }),
      () => logOutputs(ctx, id, []),
    ]) {
      await assert.rejects(write, /must be in the 'active' state/);
    }
    assert.deepEqual(await heard(room, () => restoreRun(ctx, id)), {
      said: ['run.restored'],
      told: ['run.restored'],
    });
    await updateRun(ctx, id, { status: 'running' });
    assert.equal((await getRun(ctx, id)).ended_at, undefined, 'a run that goes on has not ended');

    await assert.rejects(() => getRun(room.another('elsewhere'), id), { kind: 'missing' });
    await assert.rejects(() => deleteRun(room.another('elsewhere'), id), { kind: 'missing' });
    await assert.rejects(
      () => createRun(ctx, { experiment: '0', name: 'a', tags: [['mlflow.runName', 'b']] }),
      /different values/,
    );
    await assert.rejects(() => createRun(ctx, { experiment: '77' }), { kind: 'missing' });
    const child = await createRun(ctx, {
      experiment: '0',
      parent: id,
      code: { commit: 'c0ffee' },
      environment: { python: '3.11' },
    });
    const [second, first] = await compareRuns(ctx, [child, id]);
    assert.deepEqual(
      [second?.parent, second?.code, second?.environment, first?.id],
      [id, { commit: 'c0ffee' }, { python: '3.11' }, id],
    );
    assert.match(second!.name, /^[a-z]+-[a-z]+-\d+$/, 'a name is made up');
    await assert.rejects(() => compareRuns(ctx, [id, 'nope']), { kind: 'missing' });
  });

  test(`${kind}: data read and models made become edges, once each`, async () => {
    const room = await openRoom(kind);
    const { ctx } = room;
    const id = await createRun(ctx, { experiment: '0' });
    const edges = () => room.said.at(-1)?.edges;
    const known = (_ctx: unknown, ref: string) =>
      Promise.resolve(ref === 'flights@v3' ? { id: 'ver-3', ref } : undefined);

    await logInputs(
      ctx,
      id,
      {
        datasets: [
          dataset({
            tags: [
              ['mlflow.data.context', 'training'],
              ['k', 'v'],
            ],
          }),
        ],
      },
      nothingFound,
    );
    assert.deepEqual(edges(), [{ from: `run:${id}`, to: 'dataset_input:abc123', relation: 'read' }]);
    assert.deepEqual(
      await heard(room, () => logInputs(ctx, id, { datasets: [dataset()] }, nothingFound)),
      { said: [], told: ['run.updated'] },
      'again is no news',
    );

    const page = '{"url": "http://here:5000/api/v1/datasets/flights/versions/v3/content?path=may.csv"}';
    for (const [digest, change] of [
      ['d1', { source: '{"uri": "treadle://flights@v3/may.parquet"}' }],
      ['d2', { name: 'flights@v3' }],
      ['d3', { source: page }],
      ['v3', {}],
    ] as const) {
      await logInputs(ctx, id, { datasets: [dataset({ digest, ...change })] }, known, 'here:5000');
      assert.deepEqual(
        edges(),
        [{ from: `run:${id}`, to: 'dataset_version:ver-3', relation: 'read' }],
        digest,
      );
    }
    const elsewhere = page.replace('here', 'there');
    await logInputs(
      ctx,
      id,
      { datasets: [dataset({ digest: 'd4', source: elsewhere })] },
      known,
      'here:5000',
    );
    assert.deepEqual(
      edges(),
      [{ from: `run:${id}`, to: 'dataset_input:d4', relation: 'read' }],
      'a dataset of another server may have the same name',
    );
    await logVersionRead(ctx, id, {
      name: 'weather',
      version: { id: 'ver-9', ref: 'weather@v9' },
      digest: 'f'.repeat(64),
      context: 'validation',
    });
    await logOutputs(ctx, id, [
      { model: 'm-1', step: 2 },
      { model: 'm-1', step: 2 },
    ]);
    assert.deepEqual(edges(), [{ from: 'logged_model:m-1', to: `run:${id}`, relation: 'trained-by' }]);
    await logInputs(ctx, id, { models: ['m-0'] }, nothingFound);
    assert.deepEqual(edges(), [{ from: `run:${id}`, to: 'logged_model:m-0', relation: 'read' }]);

    const run = await getRun(ctx, id);
    assert.deepEqual(
      run.inputs.map(({ name, digest, version_ref, context }) => [name, digest, version_ref, context]),
      [
        ['flights', 'abc123', undefined, 'training'],
        ['flights', 'd1', 'flights@v3', undefined],
        ['flights', 'd3', 'flights@v3', undefined],
        ['flights', 'd4', undefined, undefined],
        ['flights', 'v3', 'flights@v3', undefined],
        ['flights@v3', 'd2', 'flights@v3', undefined],
        ['weather', 'f'.repeat(36), 'weather@v9', 'validation'],
      ],
    );
    assert.deepEqual(
      [run.outputs, run.model_inputs],
      [[{ model: 'm-1', step: 2 }], [{ model: 'm-0', step: 0 }]],
    );
    const said = room.said.length;
    for (const bad of [
      dataset({ name: '' }),
      dataset({ digest: 'd'.repeat(37) }),
      dataset({ name: 'n'.repeat(501) }),
      dataset({ source: 's'.repeat(65_536) }),
      dataset({ tags: [['k', 'v'.repeat(501)]] }),
    ]) {
      await assert.rejects(
        () => logInputs(ctx, id, { datasets: [dataset({ digest: 'fine' }), bad] }, nothingFound),
        { kind: 'invalid' },
      );
    }
    assert.equal(room.said.length, said);
    assert.equal((await getRun(ctx, id)).inputs.length, 7, 'nothing of a wrong request is kept');
  });

  test(`${kind}: large descriptions go in ahead of the change that names them, and nothing of a refused one is seen`, async () => {
    const room = await openRoom(kind);
    const { ctx } = room;
    const id = await createRun(ctx, { experiment: '0' });
    let changes = 0;
    const counting: typeof ctx = {
      ...ctx,
      write: (change) => {
        changes++;
        return ctx.write(change);
      },
    };
    const profile = (i: number): string => `${i}${'ü'.repeat(1_500_000)}`;
    const large = Array.from({ length: 4 }, (_, i) => dataset({ name: `large${i}`, profile: profile(i) }));
    assert.deepEqual(
      await heard(room, () => logInputs(counting, id, { datasets: [...large, large[0]!] }, nothingFound)),
      { said: ['run.inputs_logged'], told: ['run.updated'] },
    );
    assert.equal(changes, 6, 'each description is larger than half of a portion');
    assert.equal(room.said.at(-1)?.edges?.length, 4);
    const { inputs } = await getRun(ctx, id);
    assert.deepEqual(
      inputs.map(({ name, profile: kept }) => [name, kept?.length]),
      large.map(({ name }, i) => [name, profile(i).length]),
    );
    assert.deepEqual(
      await heard(room, () => logInputs(ctx, id, { datasets: large }, nothingFound)),
      { said: [], told: ['run.updated'] },
      'again is no news',
    );
    const tags = Array.from({ length: 1001 }, (_, i) => [`k${i}`, ''] as const);
    await assert.rejects(
      () =>
        logInputs(
          ctx,
          id,
          { datasets: [1, 2, 3, 4, 5].map((i) => dataset({ digest: `${i}`, tags })) },
          nothingFound,
        ),
      { kind: 'invalid', message: /at most 5000 tags/ },
    );
    await deleteRun(ctx, id);
    const { length } = room.said;
    await assert.rejects(
      () =>
        logInputs(
          ctx,
          id,
          { datasets: [5, 6].map((i) => dataset({ name: `n${i}`, profile: profile(i) })) },
          nothingFound,
        ),
      { code: 'run-deleted' },
    );
    assert.equal(room.said.length, length);
    await restoreRun(ctx, id);
    assert.equal((await getRun(ctx, id)).inputs.length, 4);
  });

  test(`${kind}: a run of thousands of metrics, params and tags is read whole`, async () => {
    const room = await openRoom(kind);
    const { ctx } = room;
    const id = await createRun(ctx, { experiment: '0' });
    const numbers = (length: number) => Array.from({ length }, (_, i) => i);
    for (const part of [0, 1, 2])
      await logBatch(ctx, id, {
        metrics: numbers(900).map((i) => ({ key: `m${part * 900 + i}`, value: i, step: 0, time: 1 })),
        params: numbers(50).map((i) => [`p${part * 50 + i}`, `${i}`] as const),
      });
    const { metrics, params } = await getRun(ctx, id);
    assert.equal(metrics.length, 2700);
    assert.equal(new Set(metrics.map(({ key }) => key)).size, 2700);
    assert.equal(Object.keys(params).length, 150);
    // Within a change its own writing counts, however much it is.
    await ctx.write(async (tx) => {
      await logBatch(tx, id, { metrics: [{ key: 'new', value: 1, step: 0, time: 1 }] });
      assert.equal((await getRun(tx, id)).metrics.length, 2701);
    });
    const samples = numbers(51).map((time) => ({
      time,
      values: Object.fromEntries(numbers(100).map((i) => [`gpu_${i}`, 1])),
    }));
    await assert.rejects(() => reportResources(ctx, id, { samples }), {
      kind: 'invalid',
      message: /at most 5000 values may be reported at once, not 5100/,
    });
    await ctx.write(async (tx) => {
      for (const i of numbers(2100))
        await tx.db
          .$extendTables<TrackingTables>()
          .insertInto('artifact')
          .values({
            workspace: tx.workspace,
            folder: 'many',
            name: `${i}`,
            canonical: `${i}`,
            hash: null,
            size: 0,
            type: null,
            created_at: 1,
          })
          .execute();
    });
    const listed = await listArtifacts(ctx, 'many');
    assert.deepEqual([listed.length, listed[0]?.path, listed.at(-1)?.path], [2100, 'many/0', 'many/999']);
    // Characters count, not the halves that some of them have.
    await logBatch(ctx, id, { params: [['smile', `a${'😀'.repeat(7000)}`]] });
    assert.equal((await getRun(ctx, id)).params['smile'], `a${'😀'.repeat(5999)}`);
  });

  test(`${kind}: resources are sampled into metrics and summed up`, async () => {
    const room = await openRoom(kind);
    const { ctx, clock } = room;
    const id = await createRun(ctx, { experiment: '0' });
    const sample = (cpu: number) => ({
      time: clock.now(),
      values: { cpu_utilization_percentage: cpu, system_memory_usage_megabytes: 100 + cpu },
    });
    await reportResources(ctx, id, { samples: [sample(10), sample(30)] });
    clock.advance(2000);
    await reportResources(ctx, id, { samples: [sample(80)], cpu_seconds: 1.5, peak_memory_bytes: 1 << 20 });
    const resources = await reportResources(ctx, id, { cpu_seconds: 1.75, measured: { threads: 4 } });
    assert.deepEqual(
      [resources.wall_seconds, resources.cpu_seconds, resources.peak_memory_bytes, resources.measured],
      [2, 1.75, 1 << 20, { threads: 4 }],
    );
    assert.deepEqual(
      resources.sampled.map(({ key, min, mean, max, last, step, count }) => [
        key,
        min,
        mean,
        max,
        last,
        step,
        count,
      ]),
      [
        ['system/cpu_utilization_percentage', 10, 40, 80, 80, 2, 3],
        ['system/system_memory_usage_megabytes', 110, 140, 180, 180, 2, 3],
      ],
    );
    await assert.rejects(() => reportResources(ctx, id, { samples: [{ time: 1, values: { 'a?': 1 } }] }), {
      kind: 'invalid',
    });
  });

  test(`${kind}: artifacts are a tree of rows over blobs`, async () => {
    const room = await openRoom(kind);
    const { ctx } = room;
    const put = (path: string, text: string, more: object = {}) =>
      putArtifact(ctx, path, { source: Buffer.from(text), ...more });
    const text = async (path: string) =>
      Buffer.concat(await Readable.from((await readArtifact(ctx, path)).stream).toArray()).toString();
    assert.deepEqual(
      await heard(room, () =>
        put('0/run1/artifacts/a/b/c.txt', 'one', { type: 'text/plain; charset=utf-8' }),
      ),
      { said: [], told: ['artifact.stored'] },
    );
    assert.equal(room.told.at(-1)?.subject, 'run:run1');
    await put('0/run1/artifacts/a/b/c.txt', 'two');
    assert.equal(await text('0/run1/artifacts/a/b/c.txt'), 'two', 'the last upload counts');
    await put('0/run1/artifacts/a.txt', 'x');
    assert.deepEqual(
      (await listArtifacts(ctx, '0/run1/artifacts')).map(({ path, folder, size }) => [path, folder, size]),
      [
        ['0/run1/artifacts/a', true, undefined],
        ['0/run1/artifacts/a.txt', false, 1],
      ],
    );
    assert.deepEqual(await listArtifacts(ctx, '0/run1/artifacts/a.txt'), []);
    assert.deepEqual(await listArtifacts(room.another('elsewhere'), '0/run1/artifacts'), []);
    await assert.rejects(() => readArtifact(room.another('elsewhere'), '0/run1/artifacts/a.txt'), {
      kind: 'missing',
    });
    await assert.rejects(() => put('0/run1/artifacts/a', 'x'), { kind: 'conflict' });
    await assert.rejects(() => put('0/run1/artifacts/a.txt/b', 'x'), { kind: 'conflict' });
    await assert.rejects(() => put('0/run1/artifacts/short', 'x', { size: 2 }));
    assert.equal(
      (await listArtifacts(ctx, '0/run1/artifacts')).length,
      2,
      'bytes that are not as said are not kept',
    );
    const decomposed = 'o\u0308.txt';
    await put(`0/run1/artifacts/${decomposed}`, 'ö');
    assert.equal(await text('0/run1/artifacts/\u00f6.txt'), 'ö', 'one name, however it is composed');
    assert.deepEqual(await heard(room, () => deleteArtifact(ctx, '0/run1/artifacts/a')), {
      said: ['artifact.deleted'],
      told: ['artifact.deleted'],
    });
    assert.equal(await deleteArtifact(ctx, '0/run1/artifacts/a'), 0);
    assert.equal(await deleteArtifact(ctx, '0/run1'), 2);
    assert.deepEqual(await listArtifacts(ctx, ''), []);
    // What keeps the artifacts of all runs of an experiment is nobody's file, before the first of them, too.
    const run = await createRun(ctx, { experiment: '0' });
    const model = `0/models/m-${'a'.repeat(32)}`;
    for (const path of ['0', `0/${run}`, `0/${run}/artifacts`, '0/models', model, `${model}/artifacts`])
      await assert.rejects(() => put(path, 'x'), { kind: 'conflict', field: 'path' }, path);
    for (const path of ['7777', `0/${run}/notes`, '0/elsewhere', '00x', `${model}/artifacts/MLmodel`])
      await put(path, 'x');
  });
}
