import assert from 'node:assert/strict';
import test from 'node:test';
import { createExperiment } from './create-experiment.ts';
import { createRun } from './create-run.ts';
import { deleteRun } from './delete-run.ts';
import { databases, openRoom, type Room } from './fixture.suite.ts';
import { groupRuns } from './group-runs.ts';
import { logBatch } from './log-batch.ts';
import { logInputs, logOutputs } from './log-inputs.ts';
import { searchExperiments } from './search-experiments.ts';
import { searchRuns, searchRunTable } from './search-runs.ts';
import { selectColumns } from './store/runs.ts';
import { setOutcome, updateRun } from './update-run.ts';

/** Seven runs: metric m is 0…4, then NaN, then none; param and tag come in two kinds. */
async function fill({ ctx, clock }: Room) {
  const experiment = (await createExperiment(ctx, { name: 'search' })).id;
  const ids: string[] = [];
  for (let i = 0; i < 7; i++) {
    clock.advance(1000);
    const id = await createRun(ctx, {
      experiment,
      name: `run ${i}`,
      tags: [['kind', i % 2 ? 'odd' : 'even']],
    });
    ids.push(id);
    const value = i === 5 ? Number.NaN : i;
    await logBatch(ctx, id, {
      metrics: [
        ...(i < 6 ? [{ key: 'm', value, time: clock.now(), step: 0 }] : []),
        { key: 'val loss', value: -i, time: clock.now(), step: 0 },
      ],
      params:
        i < 6
          ? [
              ['p', i < 3 ? 'low' : 'high'],
              ['long', 'x'.repeat(150) + String(i)],
            ]
          : [],
    });
    if (i < 3) await updateRun(ctx, id, { status: i === 0 ? 'failed' : 'finished' });
  }
  const find = async (filter: string, order: string[] = []) =>
    (await searchRuns(ctx, { experiments: [experiment], filter, order, limit: 100 })).rows.map(({ id }) =>
      ids.indexOf(id),
    );
  return { experiment, ids, find };
}

for (const kind of databases) {
  test(`${kind}: filters`, async () => {
    const room = await openRoom(kind);
    const { ids, find, experiment } = await fill(room);
    await setOutcome(room.ctx, ids[1]!, { verdict: 'accepted', reason: 'good' });
    await logInputs(
      room.ctx,
      ids[2]!,
      {
        datasets: [
          {
            name: 'flights',
            digest: 'd1',
            sourceType: 'local',
            source: '{}',
            tags: [['mlflow.data.context', 'training']],
          },
        ],
      },
      () => Promise.resolve(undefined),
    );
    const cases: Array<[string, number[]]> = [
      ['', [6, 5, 4, 3, 2, 1, 0]],
      ['metrics.m > 2', [4, 3]],
      ['metrics.m >= 2 and metrics.m < 4', [3, 2]],
      ['metrics.m != 3', [5, 4, 2, 1, 0]],
      ['metrics.m < 1', [0]],
      ['metrics.`val loss` = -6', [6]],
      ["params.p = 'low'", [2, 1, 0]],
      ["params.p != 'low'", [5, 4, 3]],
      ["params.p LIKE 'LO%'", []],
      ["params.p ILIKE 'LO%'", [2, 1, 0]],
      ["params.p ILIKE '%O_'", [2, 1, 0]],
      [`params.long = '${'x'.repeat(150)}3'`, [3]],
      ['params.p IS NULL', [6]],
      ["params.p IS NOT NULL and tags.kind = 'odd'", [5, 3, 1]],
      ["tags.mlflow.runName = 'run 4'", [4]],
      ["run_name = 'run 4'", [4]],
      ["attributes.status = 'FINISHED'", [2, 1]],
      ["status != 'FINISHED' AND status != 'RUNNING'", [0]],
      ["status LIKE 'FAI%'", [0]],
      [`run_id IN ('${ids[1]}', '${ids[4]}', 'none')`, [4, 1]],
      [`run_id NOT IN ('${ids[1]}')`, [6, 5, 4, 3, 2, 0]],
      [`attribute.artifact_uri = 'mlflow-artifacts:/${experiment}/${ids[3]}/artifacts'`, [3]],
      [`start_time > 1700000005000`, [6, 5]],
      ["verdict = 'accepted'", [1]],
      ['verdict is null', [6, 5, 4, 3, 2, 0]],
      ["datasets.name = 'flights' and dataset.digest in ('d1', 'd2')", [2]],
      ["datasets.context LIKE 'train%'", [2]],
      ["datasets.name = 'nothing'", []],
      ["metrics.m = 1 OR (params.p = 'high' AND tags.kind = 'even')", [4, 1]],
      ["(metrics.m = 1 OR params.p = 'high') AND tags.kind = 'odd'", [5, 3, 1]],
    ];
    for (const [filter, expected] of cases) assert.deepEqual(await find(filter), expected, filter);
    await assert.rejects(() => find('metrics.m >'), /numeric value/);
  });

  test(`${kind}: orders, with NaN and the absent last`, async () => {
    const room = await openRoom(kind);
    const { find } = await fill(room);
    assert.deepEqual(await find('', ['metrics.m ASC']), [0, 1, 2, 3, 4, 5, 6]);
    assert.deepEqual(await find('', ['metrics.m DESC']), [4, 3, 2, 1, 0, 5, 6]);
    assert.deepEqual(await find('', ['params.p ASC', 'metrics.m DESC']), [4, 3, 5, 2, 1, 0, 6]);
    assert.deepEqual(await find('', ['tags.kind DESC', 'metrics.m ASC']), [1, 3, 5, 0, 2, 4, 6]);
    assert.deepEqual(await find('', ['attributes.start_time ASC']), [0, 1, 2, 3, 4, 5, 6]);
    assert.deepEqual(await find('', ['status ASC', 'run_name DESC']), [0, 2, 1, 6, 5, 4, 3]);
    assert.deepEqual(await find('', ['end_time DESC', 'metrics.m ASC']), [2, 1, 0, 3, 4, 5, 6]);
    assert.deepEqual(await find('', ['metrics.none ASC']), [6, 5, 4, 3, 2, 1, 0]);
    assert.deepEqual(
      await find('', ['metrics.m', 'metrics.m DESC']),
      [0, 1, 2, 3, 4, 5, 6],
      'a name twice counts once',
    );
  });

  test(`${kind}: pages join up without gap or repeat, in every order`, async () => {
    const room = await openRoom(kind);
    const { ids, find, experiment } = await fill(room);
    for (const order of [
      [],
      ['metrics.m DESC'],
      ['metrics.m'],
      ['params.p DESC'],
      ['tags.kind', 'metrics.m DESC'],
      ['end_time', 'params.p'],
      ['run_name'],
    ]) {
      const whole = await find('', order);
      for (const limit of [1, 2, 3]) {
        const paged: number[] = [];
        let page: string | undefined;
        do {
          const found = await searchRuns(room.ctx, { experiments: [experiment], order, limit, page });
          assert.ok(found.rows.length <= limit);
          paged.push(...found.rows.map(({ id }) => ids.indexOf(id)));
          page = found.next;
        } while (page !== undefined);
        assert.deepEqual(paged, whole, `${order.join()} by ${limit}`);
      }
    }
    const { next } = await searchRuns(room.ctx, { experiments: [experiment], limit: 1 });
    await assert.rejects(
      () => searchRuns(room.ctx, { experiments: [experiment], limit: 1, order: ['run_name'], page: next }),
      /belongs to another search/,
    );
  });

  test(`${kind}: the wall, deleted runs, columns, groups`, async () => {
    const room = await openRoom(kind);
    const { ids, experiment } = await fill(room);
    const { ctx } = room;
    assert.deepEqual(
      (await searchRuns(room.another('other'), { experiments: [experiment], limit: 10 })).rows,
      [],
    );
    await deleteRun(ctx, ids[0]!);
    const count = async (state: 'active' | 'deleted' | 'all') =>
      (await searchRuns(ctx, { experiments: [experiment], state, limit: 10 })).rows.length;
    assert.deepEqual([await count('active'), await count('deleted'), await count('all')], [6, 1, 7]);

    const table = await searchRunTable(ctx, {
      experiments: [],
      columns: ['metrics.val loss', 'params.p', 'status'],
      order: ['metrics.m DESC'],
      limit: 3,
    });
    assert.deepEqual(
      table.items.map(({ metrics, params, tags }) => ({ metrics, params, tags })),
      [
        { metrics: { 'val loss': -4 }, params: { p: 'high' }, tags: {} },
        { metrics: { 'val loss': -3 }, params: { p: 'high' }, tags: {} },
        { metrics: { 'val loss': -2 }, params: { p: 'low' }, tags: {} },
      ],
    );
    assert.deepEqual(await selectColumns(ctx, experiment), {
      metrics: ['m', 'val loss'],
      params: ['long', 'p'],
      tags: ['kind', 'mlflow.runName'],
      // `long` differs after its first hundred characters only.
      varying: { metrics: ['m', 'val loss'], params: ['p'], tags: ['kind', 'mlflow.runName'] },
    });

    const groups = await groupRuns(ctx, {
      experiments: [experiment],
      by: 'params.p',
      metrics: ['m', 'val loss'],
    });
    assert.equal(groups.total, 3);
    assert.deepEqual(
      groups.groups.map(({ value, runs }) => [value, runs]),
      [
        ['high', 3],
        ['low', 2],
        [undefined, 1],
      ],
    );
    assert.deepEqual(groups.groups[0]!.metrics, [
      { key: 'm', runs: 2, min: 3, mean: 3.5, max: 4, sd: Math.SQRT1_2 },
      { key: 'val loss', runs: 3, min: -5, mean: -4, max: -3, sd: 1 },
    ]);
    assert.deepEqual(groups.groups[2]!.metrics, [{ key: 'val loss', runs: 1, min: -6, mean: -6, max: -6 }]);
  });

  test(`${kind}: what is odd in a search is answered or refused, never a fault`, async () => {
    const { ctx, clock } = await openRoom(kind);
    const experiment = (await createExperiment(ctx, { name: 'odd' })).id;
    const id = await createRun(ctx, { experiment, name: 'one', tags: [['kind', 'a']] });
    await logBatch(ctx, id, { metrics: [{ key: 'm', value: Number.NaN, time: clock.now(), step: 0 }] });
    const found = async (filter: string, experiments = [experiment]) =>
      (await searchRuns(ctx, { experiments, filter, limit: 10 })).rows.map((row) => row.id);
    for (const filter of ['start_time > 1.5', 'start_time < 1e300', 'start_time < 1e999'])
      assert.deepEqual(await found(filter), [id], filter);
    await assert.rejects(found(`params.p LIKE '%${'x'.repeat(60_000)}'`), {
      kind: 'invalid',
      field: 'filter',
    });
    // MLflow's clients send the id of every experiment there is.
    const many = [experiment, ...Array.from({ length: 40_000 }, (_, i) => String(i + 1_000))];
    assert.deepEqual(await found("tags.kind = 'a' and tags.kind = 'a'", many), [id]);
    const order = Array.from({ length: 2_500 }, (_, i) => `metrics.m${i}`);
    await assert.rejects(searchRuns(ctx, { experiments: [experiment], order, limit: 10 }), {
      kind: 'invalid',
      field: 'order_by',
    });
    const ordered = await searchRuns(ctx, { experiments: many, order: ['tags.kind ASC'], limit: 10 });
    assert.deepEqual(
      ordered.rows.map((row) => row.id),
      [id],
    );

    for (const by of ['duration', 'artifact_uri', 'datasets.name'])
      await assert.rejects(groupRuns(ctx, { experiments: [experiment], by }), {
        kind: 'invalid',
        field: 'by',
      });
    const nan = await groupRuns(ctx, { experiments: [experiment], by: 'metrics.m' });
    assert.deepEqual(
      nan.groups.map(({ value, runs }) => [value, runs]),
      [['NaN', 1]],
    );
    const models = Array.from({ length: 1_001 }, (_, i) => ({ model: `m-${i}`, step: 0 }));
    await assert.rejects(logOutputs(ctx, id, models), { kind: 'invalid', field: 'models' });
    await assert.rejects(
      logInputs(ctx, id, { models: models.map(({ model }) => model) }, () => Promise.resolve(undefined)),
      { kind: 'invalid', field: 'models' },
    );
  });

  test(`${kind}: experiments`, async () => {
    const room = await openRoom(kind);
    const { ctx, clock } = room;
    for (const name of ['alpha', 'beta', 'gamma']) {
      clock.advance(10);
      await createExperiment(ctx, { name, tags: { team: name.length === 4 ? 'x' : 'y' } });
    }
    const names = async (filter: string, order?: string[]) =>
      (await searchExperiments(ctx, { filter, order, limit: 10 })).items.map(({ name }) => name);
    assert.deepEqual(await names(''), ['gamma', 'beta', 'alpha', 'Default']);
    assert.deepEqual(await names("name LIKE '%a'", ['name ASC']), ['alpha', 'beta', 'gamma']);
    assert.deepEqual(await names("tags.team = 'x' or name = 'Default'", ['experiment_id ASC']), [
      'Default',
      'beta',
    ]);
    assert.deepEqual(await names('tags.team IS NULL'), ['Default']);
    assert.deepEqual(await names('creation_time >= 1700000000020'), ['gamma', 'beta']);
    const first = await searchExperiments(ctx, { limit: 2, order: ['name DESC'] });
    const second = await searchExperiments(ctx, { limit: 2, order: ['name DESC'], page: first.next });
    assert.equal(new Set([...first.items, ...second.items].map(({ id }) => id)).size, 4);
    assert.equal(second.next, undefined);
    assert.deepEqual(
      (await searchExperiments(room.another('other'), { limit: 10 })).items.map(({ name }) => name),
      ['Default'],
    );
  });
}
