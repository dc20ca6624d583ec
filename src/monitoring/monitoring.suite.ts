import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import test, { type TestContext } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { runHere } from '../../test/cli.ts';
import type { TestServer } from '../../test/harness.ts';
import { apiOf } from '../../test/journeys/serving/api.ts';
import { constantOnnx, registerOnnx, MIXED_MODEL, mixedOnnx } from '../../test/onnx-model.ts';
import { random } from '../../test/random.ts';
import { until } from '../../test/until.ts';
import { Type } from 'typebox';
import type { Job } from '../platform/jobs/contract.ts';
import { job } from '../platform/jobs/index.ts';
import type { SqlResult } from '../data/contract.ts';
import { commitVersion, resolveRef } from '../data/index.ts';
import { listEntries } from '../ledger/index.ts';
import { logVersionRead } from '../tracking/index.ts';
import type {
  Alert,
  AlertDetail,
  AlertReport,
  Coverage,
  Monitor,
  MonitorWindow,
  NewOutcome,
  OutcomesAdded,
  OutcomeTable,
} from './contract.ts';
import { sentence } from './kinds/sentences.suite.ts';
import type { MonitoringTables } from './schema.ts';
import { blobUser } from './uses.ts';

/** The room on one database, with the real processes of the data plane. Not `whole`: what no database decides is left out. */
export function monitoringSuite(on: string, open: () => Promise<TestServer>, { whole = true } = {}): void {
  test(`${on}: the prediction log answers SQL`, async (t) => {
    await using server = await open();
    const api = apiOf(server.url);
    const sql = (query: string): Promise<SqlResult> => api.post<SqlResult>('/api/v1/data/sql', { query });
    const refused = async (query: string) => {
      const answer = await fetch(`${server.url}/api/v1/data/sql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      });
      const { error } = (await answer.json()) as {
        error: { message: string; hint?: string; field?: string };
      };
      return { status: answer.status, ...error };
    };
    for (let version = 1; version <= 2; version++)
      await registerOnnx(server.ctx, 'const', constantOnnx(version));
    await api.deploy('const', '1');

    await t.test('before anything is asked, it says so', async () => {
      const none = await refused("select * from predictions('const', last 1 hour)");
      assert.deepEqual([none.status, none.field], [400, 'query']);
      assert.match(none.message, /no prediction of 'const' is recorded yet/);
      const unknown = await refused("select * from predictions('other')");
      assert.deepEqual([unknown.status, unknown.message], [404, "there is no endpoint 'other'"]);
      const wrong = await refused('select * from predictions(const)');
      assert.match(wrong.hint ?? '', /last 7 days/);
    });

    const asked: string[] = [];
    await t.test('what was just answered is there, of all revisions together', async () => {
      for (let n = 0; n < 3; n++) asked.push((await api.ask('const')).prediction);
      await api.deploy('const', '2');
      for (let n = 0; n < 2; n++) asked.push((await api.ask('const')).prediction);
      const { columns, rows, notes } = await sql(
        `select prediction, revision, role, model, version, ms > 0, "in_x[0]" + "in_x[1]" as x, out_y
         from predictions('const', last 1 hour) order by prediction`,
      );
      assert.deepEqual(columns.map(({ name }) => name).slice(0, 5), [
        'prediction',
        'revision',
        'role',
        'model',
        'version',
      ]);
      assert.deepEqual(
        rows,
        asked.toSorted().map((id) => {
          const version = asked.indexOf(id) < 3 ? 1 : 2;
          return [id, version, 'primary', 'const', version, true, 3, version];
        }),
      );
      assert.equal(notes, undefined, 'nothing is missing');
    });

    await t.test('files of before, which call the primary champion, are read as those of now', async () => {
      const folder = joinPath(server.data, 'records');
      const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
        file.endsWith('.parquet'),
      );
      assert.ok(files.length >= 2);
      const old = joinPath(folder, files[0]!);
      const duck = await (await DuckDBInstance.create(':memory:')).connect();
      await duck.run(
        `copy (select * replace ('champion' as role) from '${old}') to '${old}.old' (format parquet)`,
      );
      duck.closeSync();
      renameSync(`${old}.old`, old);
      const { rows } = await sql(`select role, count(*) from predictions('const') group by role`);
      assert.deepEqual(rows, [['primary', 5]]);
    });

    await t.test('it joins with datasets and with itself, and is read by a command', async () => {
      const both = await sql(
        `select count(*) from predictions('const') a join "predictions('const', last 1 day)" b using (prediction)
         where b.time in (select time from predictions('const', last 1 day))`,
      );
      assert.deepEqual(both.rows, [[5]]);
      const command = await runHere(
        server.url,
        'data',
        'sql',
        "select count(*) as n from predictions('const', last 7 days)",
        '--json',
      );
      assert.deepEqual((JSON.parse(command.out) as SqlResult).rows, [[5]]);
    });

    await t.test('of another workspace nothing is seen', async () => {
      const other = await fetch(`${server.url}/api/v1/workspaces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'other' }),
      });
      assert.equal(other.status, 200);
      const answer = await fetch(`${server.url}/api/v1/data/sql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-treadle-workspace': 'other' },
        body: JSON.stringify({ query: "select * from predictions('const')" }),
      });
      assert.equal(answer.status, 404);
    });
    await outcomesTests(t, server, sql);
    await monitorTests(t, server, whole);
    assert.deepEqual(server.errors, []);
  });
}

/** What becomes of predictions, on the same server: its revision 3 answers these alone. */
async function outcomesTests(
  t: TestContext,
  server: TestServer,
  sql: (query: string) => Promise<SqlResult>,
): Promise<void> {
  const api = apiOf(server.url);
  await api.deploy('const', '1');
  const path = '/api/v1/endpoints/const/outcomes';
  const add = (outcomes: NewOutcome[]): Promise<OutcomesAdded> => api.post<OutcomesAdded>(path, { outcomes });
  const refused = async (body: object) => {
    const answer = await fetch(server.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const { error } = (await answer.json()) as { error: { code?: string; field?: string; hint?: string } };
    return [answer.status, error.code, error.field, error.hint === undefined ? 'no hint' : 'hint'];
  };
  const ask = async (key?: string): Promise<string> => {
    const answer = await fetch(`${server.url}/v2/models/const/infer`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(key === undefined ? {} : { 'x-treadle-key': key }),
      },
      body: JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 2], data: [1, 2, 3, 4] }] }),
    });
    assert.equal(answer.status, 200);
    return answer.headers.get('x-treadle-prediction')!;
  };
  const ids: string[] = [];
  const coverageOf = async () => {
    const to = Date.now() + 60_000;
    const { items } = await api.get<Coverage>(
      `${path}/coverage?from=${to - 3_600_000}&to=${to}&window=${30 * 86_400_000}`,
    );
    // The hour may reach over an edge of these windows.
    return items.reduce((sum, { rows, labelled }) => [sum[0]! + rows, sum[1]! + labelled], [0, 0]);
  };

  await t.test('before an outcome arrives there is none, and coverage says so', async () => {
    for (const key of ['a', 'b', undefined]) ids.push(await ask(key));
    assert.deepEqual(await coverageOf(), [11, 0]);
    const none = await fetch(`${server.url}/api/v1/data/sql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: "select * from outcomes('const')" }),
    });
    const { error } = (await none.json()) as { error: { code: string; hint: string } };
    assert.deepEqual([none.status, error.code], [400, 'no-outcomes']);
    const { rows } = await sql("select count(*), count(label) from labelled('const')");
    assert.deepEqual(rows, [[11, 0]]);
  });

  await t.test('outcomes are taken once; a later one holds, and both are kept', async () => {
    const first = { prediction: ids[0]!, row: 1, value: 0.5, observed_at: Date.now() - 1000 };
    assert.deepEqual(await add([first]), { accepted: 1, known: 0, refused: [] });
    assert.deepEqual(await add([first, { prediction: ids[1]!, value: true }]), {
      accepted: 1,
      known: 1,
      refused: [],
    });
    assert.deepEqual(await add([{ prediction: ids[1]!, value: true }]), {
      accepted: 0,
      known: 1,
      refused: [],
    });
    assert.equal(
      (await add([{ ...first, value: 'late', observed_at: first.observed_at + 500 }])).accepted,
      1,
    );
    const told = await sql(
      `select prediction, "row", label, number, current from outcomes('const', last 1 hour) order by observed_at`,
    );
    assert.deepEqual(told.rows, [
      [ids[0], 1, '0.5', 0.5, false],
      [ids[0], 1, 'late', null, true],
      [ids[1], 0, 'true', 1, true],
    ]);
    const joined = await sql(
      `select prediction, "row", label, first_observed_at < observed_at from labelled('const', last 1 hour)
       where label is not null order by prediction`,
    );
    assert.deepEqual(joined.rows, [
      [ids[0], 1, 'late', true],
      [ids[1], 0, 'true', false],
    ]);
    assert.deepEqual(await coverageOf(), [11, 2]);
  });

  await t.test('what is no outcome of this endpoint is refused, each for its reason', async () => {
    const forged = ids[0]!.slice(0, -1) + (ids[0]!.endsWith('0') ? '1' : '0');
    assert.deepEqual(await refused({ outcomes: [{ prediction: forged, value: 1 }] }), [
      400,
      'unreadable',
      'outcomes[0]',
      'hint',
    ]);
    for (const [wrong, code] of [
      [{ value: 1 }, 'incomplete'],
      [{ key: 'a', value: 1 }, 'incomplete'],
      [{ prediction: ids[0], key: 'a', time: 1, value: 1 }, 'incomplete'],
      [{ prediction: ids[0], value: 1, observed_at: Date.now() + 3_600_000 }, 'future'],
      [{ key: 'a', time: Date.now() + 3_600_000, value: 1 }, 'future'],
    ] as const)
      assert.equal((await refused({ outcomes: [wrong] }))[1], code, JSON.stringify(wrong));
    const { accepted, refused: left } = await add([
      { prediction: 'x', value: 1 },
      { prediction: ids[2]!, value: 1 },
    ]);
    assert.equal(accepted, 1);
    assert.deepEqual(
      left.map(({ index, code }) => [index, code]),
      [[0, 'unreadable']],
    );
    assert.equal((await refused({ outcomes: [] }))[0], 400);
    await api.post('/api/v1/endpoints/twin/revisions', { model: 'const', version: '1', wait_s: 240 });
    const other = await fetch(`${server.url}/api/v1/endpoints/twin/outcomes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ outcomes: [{ prediction: ids[0], value: 1 }] }),
    });
    assert.equal(((await other.json()) as { error: { code: string } }).error.code, 'foreign');
  });

  await t.test('a file is added once, whatever is no outcome in it left out and counted', async (s) => {
    const folder = mkdtempSync(joinPath(tmpdir(), 'treadle-outcomes-'));
    s.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = joinPath(folder, 'truth.csv');
    const forged = ids[2]!.slice(0, -1) + (ids[2]!.endsWith('0') ? '1' : '0');
    writeFileSync(
      file,
      `id,row,late\n${ids[2]},1,7\n${ids[2]},9,7\n${ids[2]},0,\nnobody,0,3\n${forged},0,3\n`,
    );
    const args = [
      'outcomes',
      'add',
      'const',
      file,
      '--id',
      'id',
      '--row',
      'row',
      '--label',
      'late',
      '--json',
    ];
    const added = JSON.parse((await runHere(server.url, ...args)).out) as OutcomeTable;
    assert.deepEqual(
      [added.source, added.rows, added.accepted, added.refused, added.known],
      ['truth.csv', 5, 2, { no_label: 1, unreadable: 2 }, false],
    );
    assert.equal(added.warnings.length, 1);
    assert.match(added.warnings[0]!, /^1 row of 'row' beyond .* row 9 of [^ ]+, which has 2 rows/);
    const again = JSON.parse((await runHere(server.url, ...args)).out) as OutcomeTable;
    assert.deepEqual([again.id, again.known], [added.id, true]);
    const { rows } = await sql(
      `select label, number from labelled('const', last 1 hour) where prediction = '${ids[2]}' and "row" = 1`,
    );
    assert.deepEqual(rows, [['7', 7]]);
    const apart = await sql(
      `select count(*), count(*) filter (o.time <> p.time) from outcomes('const') o
       join predictions('const') p using (prediction, "row")`,
    );
    assert.deepEqual(apart.rows, [[5, 0]], 'an id says when it was asked');
    const told = await sql(`select count(*) from outcomes('const') where prediction = '${forged}'`);
    assert.deepEqual(told.rows, [[0]], 'an id that this server did not make is no outcome, now as then');
    const wrong = await runHere(server.url, ...args.with(-2, 'lately'));
    assert.equal(wrong.code, 1);
    assert.match(wrong.err + wrong.out, /--label is 'lately', and truth.csv has no such column/);
    const nothing = await runHere(server.url, ...args.with(5, 'late'));
    assert.match(nothing.err + nothing.out, /no value of 'late' in truth.csv is the id of a prediction/);
  });

  await t.test('a dataset version is joined by key and time', async () => {
    const now = new Date(Date.now() + 1000).toISOString();
    const bytes = Buffer.from(
      `who,when,truth\na,${now},false\nb,2001-01-01T00:00:00Z,true\n,${now},true\nb,notatime,true\nnobody,2130-01-01,true\n`,
    );
    const blob = await server.ctx.blobs.put(bytes);
    await commitVersion(server.ctx, { dataset: 'truths', files: [{ path: 'june.csv', ...blob }] });
    const added = await api.post<OutcomeTable>(`${path}/dataset`, {
      data: 'truths@v1:june.csv',
      key: 'who',
      time: 'when',
      label: 'truth',
    });
    assert.deepEqual(
      [added.source, added.accepted, added.refused],
      ['truths@v1:june.csv', 3, { unreadable: 1, unreadable_time: 1 }],
    );
    assert.equal(added.warnings.length, 1);
    assert.match(added.warnings[0]!, /^1 row of 'when' in the future, up to 2130-01-01/);
    const { rows } = await sql(
      `select prediction, "row", label, number from labelled('const') where label = 'false'`,
    );
    // Before the key was first seen nothing is meant.
    assert.deepEqual(rows, [[ids[0], 0, 'false', 0]]);
    const { items } = await api.get<{ items: OutcomeTable[] }>(`${path}/tables`);
    assert.deepEqual(
      items.map(({ source, warnings }) => [source, warnings.length]),
      [
        ['truths@v1:june.csv', 1],
        ['truth.csv', 1],
      ],
    );
    const entries = (await listEntries(server.ctx, { limit: 1000 })).items.filter(
      ({ action }) => action === 'outcomes.added',
    );
    assert.equal(entries.length, 2, 'each table once');
  });

  await t.test('many that are told one by one become a file, and stay what they are', async () => {
    const before = Number((await sql("select count(*) from outcomes('const')")).rows[0]![0]);
    const time = Date.now() - 1000;
    for (let from = 0; from < 10_005; from += 3335)
      await add(
        Array.from({ length: 3335 }, (_, at) => ({ key: `many-${from + at}`, time, value: from + at })),
      );
    const loose = async (): Promise<number> => {
      const { n } = await server.ctx.db
        .$extendTables<MonitoringTables>()
        .selectFrom('outcome')
        .select((eb) => eb.fn.countAll().as('n'))
        .executeTakeFirstOrThrow();
      return Number(n);
    };
    await until('outcomes are folded', async () => (await loose()) < 10_000);
    const [[n, sum]] = (
      await sql("select count(*), sum(number) filter (key like 'many-%') from outcomes('const')")
    ).rows as [[number, number]];
    assert.deepEqual([n - before, Number(sum)], [10_005, (10_004 * 10_005) / 2]);
    const needed = [];
    for await (const page of blobUser.uses(server.ctx)) needed.push(...page);
    assert.equal(needed.length, 3, 'gc keeps two tables and one file of folded rows');
  });
}

const MONTH = 31 * 86_400_000;
const LOOK = job({
  name: 'monitor.look',
  payload: Type.Object({}, { additionalProperties: true }),
  run: () => Promise.resolve(),
});

/** The watch on an endpoint of its own. Its windows are so long that the one that goes on is looked at as if it were over. */
async function monitorTests(t: TestContext, server: TestServer, whole: boolean): Promise<void> {
  const api = apiOf(server.url);
  const put = async <T>(body: object): Promise<{ status: number; answer: T }> => {
    const answer = await fetch(`${server.url}/api/v1/endpoints/watched/monitor`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: answer.status, answer: (await answer.json()) as T };
  };
  type Refused = { error: { field?: string; message: string } };
  const from = Math.floor(Date.now() / MONTH) * MONTH;
  const windows = async (): Promise<MonitorWindow[]> =>
    (await api.get<{ items: MonitorWindow[] }>('/api/v1/endpoints/watched/monitor/windows')).items;
  /** As the queue does when the time has come. */
  const begin = async (name: 'monitor.look' | 'monitor.score', start = from): Promise<void> => {
    const { id } = await api.get<Monitor>('/api/v1/endpoints/watched/monitor');
    const type = job({
      name,
      payload: Type.Object({}, { additionalProperties: true }),
      run: () => Promise.resolve(),
    });
    await server.ctx.write((tx) => tx.enqueue(type, { monitor: id, generation: 1, from: start }));
  };
  const state = (found: MonitorWindow | undefined, signal: string, column?: string) =>
    found?.signals.find((one) => one.signal === signal && one.column === column)?.state;

  await api.post('/api/v1/endpoints/watched/revisions', { model: 'const', version: '1', wait_s: 240 });
  await t.test('what cannot be watched so is refused by its field', async () => {
    const missing = await fetch(`${server.url}/api/v1/endpoints/watched/monitor`);
    assert.equal(missing.status, 404);
    for (const [body, status, field] of [
      [{ metric: 'aucc' }, 400, 'metric'],
      [{ window_ms: 1 }, 400, 'window_ms'],
      [{ reference: 'nothing@v1' }, 404, 'reference'],
      [{ kinds: { in_nix: 'text' } }, 400, 'kinds.in_nix'],
    ] as const) {
      const refused = await put<Refused>(body);
      assert.deepEqual([refused.status, refused.answer.error.field], [status, field], JSON.stringify(body));
    }
  });

  const seeded = random(11);
  const normals = (n: number, mean: number): number[] =>
    Array.from({ length: n }, () => Math.fround(seeded.normal() + mean));
  await t.test('a window is looked at once, against the reference that is named', async () => {
    const lines = Array.from({ length: 2000 }, () => `${normals(2, 0).join(',')},1`);
    const blob = await server.ctx.blobs.put(Buffer.from(`x[0],x[1],out_y\n${lines.join('\n')}\n`));
    await commitVersion(server.ctx, { dataset: 'before', files: [{ path: 'train.csv', ...blob }] });
    const set = await put<Monitor>({ window_ms: MONTH, label_delay_ms: MONTH, reference: 'before@v1' });
    assert.equal(set.status, 200);
    assert.equal(set.answer.latest, undefined);
    assert.equal((await put<Monitor>(set.answer.settings)).answer.updated_at, set.answer.updated_at);
    // The second input has moved.
    const rows = Array.from({ length: 400 }, () => [normals(1, 0)[0]!, normals(1, 1)[0]!]);
    const answer = await fetch(`${server.url}/v2/models/watched/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        inputs: [{ name: 'x', datatype: 'FP32', shape: [400, 2], data: rows.flat() }],
      }),
    });
    assert.equal(answer.status, 200, await answer.text());
    const prediction = answer.headers.get('x-treadle-prediction')!;
    await begin('monitor.look');
    const [found] = await until('the window is looked at', async () => {
      const all = await windows();
      return all.length > 0 && all;
    });
    assert.deepEqual(
      [found?.from, found?.to, found?.rows, found?.model, found?.version, found?.problem, found?.state],
      [from, from + MONTH, 400, 'const', 1, undefined, 'alert'],
    );
    assert.deepEqual(
      ['volume', 'columns'].map((signal) => state(found, signal)),
      ['ok', 'ok'],
    );
    // Its first days are not over: what was served is told, and nothing is green for want of something to compare with.
    assert.deepEqual(
      ['latency', 'throughput', 'errors', 'queue'].map((signal) => state(found, signal)),
      ['no_reference', 'ok', 'no_reference', 'ok'],
    );
    const served = found?.signals.find(({ signal }) => signal === 'throughput')?.evidence;
    assert.deepEqual([served?.['requests'], served?.['rows']], [1, 400]);
    assert.deepEqual(
      ['in_x[0]', 'in_x[1]', 'out_y'].map((column) => state(found, 'drift', column)),
      ['ok', 'alert', 'ok'],
    );
    assert.deepEqual(
      ['in_x[0]', 'in_x[1]', 'out_y'].map((column) => state(found, 'missing', column)),
      ['ok', 'ok', 'ok'],
    );
    await begin('monitor.look');
    await server.ctx.write(() => Promise.resolve());
    const jobs = async (): Promise<Job[]> =>
      (await api.get<{ items: Job[] }>('/api/v1/jobs?limit=500')).items.filter(
        ({ type }) => type === 'monitor.look',
      );
    await until(
      'the second job of the window ends',
      async () => (await jobs()).filter(({ state: of }) => of === 'done').length === 2,
    );
    assert.equal((await windows()).length, 1);
    assert.equal((await windows())[0]?.looked_at, found?.looked_at);
    // The window that goes on, and the one behind it: each has one job, whoever asked.
    assert.equal((await jobs()).filter(({ state: of }) => of !== 'done').length, 2);

    const alerts = async (query = ''): Promise<Alert[]> =>
      (await api.get<{ items: Alert[] }>(`/api/v1/alerts?endpoint=watched${query}`)).items;
    // It was otherwise from the first window on, which explains its drift, and needs no second window.
    const [firing, ...others] = await alerts();
    assert.deepEqual(
      [firing?.cause, firing?.state, firing?.severity, firing?.members, firing?.model, others],
      ['skew', 'firing', 'ticket', ['in_x[1]'], 'const', []],
    );
    await begin('monitor.look', from + 1);
    const again = await until('the alert goes on', async () =>
      (await alerts()).find(({ last_window }) => last_window === from + 1),
    );
    assert.deepEqual([again.id, again.state], [firing?.id, 'firing']);
    const report = await until('the report is made', async () => {
      const answer = await fetch(`${server.url}/api/v1/alerts/${again.id}/report`);
      return answer.ok ? ((await answer.json()) as AlertReport) : undefined;
    });
    assert.deepEqual([report.cause, report.causes[0]?.column], ['skew', 'in_x[1]']);

    const outcomes = rows.slice(0, 100).map((_row, row) => ({ prediction, row, value: row < 60 ? 1 : 3 }));
    await api.post('/api/v1/endpoints/watched/outcomes', { outcomes });
    await begin('monitor.score');
    const scored = await until('the window is scored', async () =>
      (await windows()).find((one) => one.from === from && one.scored_at !== undefined),
    );
    const coverage = scored.signals.find(({ signal }) => signal === 'coverage');
    assert.deepEqual([coverage?.state, coverage?.value], ['ok', 0.25]);
    const performance = scored.signals.find(({ signal }) => signal === 'performance');
    assert.equal(performance?.state, 'ok');
    // 60 of 100 are right, and 40 are off by 2.
    assert.ok(Math.abs(performance!.value! - Math.sqrt(1.6)) < 1e-9, performance?.reason);
    assert.match(
      performance?.reason ?? '',
      /^rmse 1\.26 \(.*\) on 100 rows; its first outcomes are learnt from/,
    );
    const shown = await runHere(server.url, 'monitor', 'show', 'watched');
    assert.match(shown.out, /drift +in_x\[1\] +alert/);
  });

  await t.test(
    'without a reference the first windows of the version are one, and until then nothing is green',
    async () => {
      const lookAt = async (first_windows: number, start: number): Promise<MonitorWindow | undefined> => {
        await put<Monitor>({ window_ms: MONTH, label_delay_ms: MONTH, first_windows, ignore: ['in_x[0]'] });
        await begin('monitor.look', start);
        return until('the window is looked at', async () =>
          (await windows()).find((one) => one.from === start),
        );
      };
      const waits = await lookAt(3, from + 2);
      assert.equal(waits?.state, 'no_reference');
      const [alert] = (await api.get<{ items: Alert[] }>('/api/v1/alerts?endpoint=watched&open=true')).items;
      const acknowledged = await runHere(server.url, 'alerts', 'ack', alert!.id, '-m', 'looked after');
      assert.match(acknowledged.out, /skew, acknowledged/);
      const past = await runHere(server.url, 'alerts', 'silence', alert!.id, '--for', '0', '--reason', 'x');
      assert.equal(past.code, 1);
      const forgotten = await runHere(
        server.url,
        'alerts',
        'silence',
        alert!.id,
        '--for',
        '100d',
        '--reason',
        'x',
      );
      assert.match(forgotten.err, /90 days at most/);
      await api.post(`/api/v1/alerts/${alert!.id}/silence`, { until: Date.now() + 60_000, reason: 'x' });
      const ended = await runHere(server.url, 'alerts', 'unsilence', alert!.id);
      assert.match(ended.out, /firing/);
      await api.post(`/api/v1/alerts/${alert!.id}/silence`, {
        until: Date.now() + 2000,
        reason: 'for a moment',
      });
      const again = await until('the silence is over', async () => {
        const found = await api.get<AlertDetail>(`/api/v1/alerts/${alert!.id}`);
        return found.state === 'firing' && found;
      });
      assert.deepEqual(
        again.transitions.map(({ state: of }) => of),
        ['pending', 'firing', 'acknowledged', 'silenced', 'firing', 'silenced', 'firing'],
      );
      const compared = await lookAt(1, from + 3);
      assert.equal(compared?.state, 'ok');
      assert.deepEqual(
        ['in_x[0]', 'in_x[1]', 'out_y'].map((column) => state(compared, 'drift', column)),
        [undefined, 'ok', 'ok'],
      );
    },
  );

  if (whole)
    await t.test('the reference of a version is what its own run was trained on', async () => {
      const { run_id } = await registerOnnx(server.ctx, 'trained', constantOnnx(1));
      const { id, hash } = await resolveRef(server.ctx, 'before@v1');
      const read = { name: 'before', version: { id, ref: 'before@v1' }, digest: hash };
      await logVersionRead(server.ctx, run_id!, read);
      await api.deploy('trained', '1', { model: 'trained' });
      await api.ask('trained');
      const path = '/api/v1/endpoints/trained/monitor';
      await fetch(server.url + path, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ window_ms: MONTH }),
      });
      const { id: monitor } = await api.get<Monitor>(path);
      await server.ctx.write((tx) => tx.enqueue(LOOK, { monitor, generation: 1, from }));
      const found = await until('the window is looked at', async () =>
        (await api.get<{ items: MonitorWindow[] }>(`${path}/windows`)).items.at(0),
      );
      assert.deepEqual(
        ['in_x[0]', 'out_y'].map((column) => state(found, 'missing', column)),
        ['ok', 'ok'],
        'compared, with one row too few for a shape',
      );
      const references = await server.ctx.db
        .$extendTables<MonitoringTables>()
        .selectFrom('monitor_reference')
        .select(['source', 'row_count'])
        .where('monitor_id', '=', monitor)
        .execute();
      assert.deepEqual(
        references.map(({ source, row_count }) => [source, row_count]),
        [['before@v1', 2000]],
      );
      await fetch(server.url + path, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ window_ms: MONTH / 31 }),
      });
      const { items } = await api.get<{ items: MonitorWindow[] }>(`${path}/windows`);
      assert.deepEqual(items, [found], 'windows of another length stay in sight');
      assert.deepEqual((await api.get<Monitor>(path)).latest, found);
      const taken = await fetch(`${server.url}/api/v1/endpoints/trained`, { method: 'DELETE' });
      assert.equal(taken.status, 200);
      await until('its watch ends with it', async () => {
        const watches = server.ctx.db.$extendTables<MonitoringTables>().selectFrom('monitor').select('id');
        return (await watches.where('id', '=', monitor).execute()).length === 0;
      });
    });

  if (whole)
    await t.test(
      'texts in another language and darker images are one alert, of what is made of them',
      async () => {
        await registerOnnx(server.ctx, 'reviews', mixedOnnx(), MIXED_MODEL);
        await api.deploy('reviews', '1', { model: 'reviews' });
        const photo = (light: number): number[] =>
          Array.from({ length: 192 }, (_one, at) =>
            Math.round(light * (100 + (at % 7) + 10 * seeded.normal())),
          );
        const lines = Array.from({ length: 800 }, () =>
          JSON.stringify({ review: sentence(seeded), photo: photo(1) }),
        );
        const blob = await server.ctx.blobs.put(Buffer.from(lines.join('\n')));
        await commitVersion(server.ctx, { dataset: 'reviews', files: [{ path: 'train.jsonl', ...blob }] });
        const path = '/api/v1/endpoints/reviews/monitor';
        const set = await fetch(server.url + path, {
          method: 'PUT',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ window_ms: MONTH, reference: 'reviews@v1', first_windows: 1 }),
        });
        assert.equal(set.status, 200);
        const texts = Array.from({ length: 200 }, () => sentence(seeded, 'de'));
        const photos = Array.from({ length: 200 }, () => photo(0.8)).flat();
        const asked = await fetch(`${server.url}/v2/models/reviews/infer`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            inputs: [
              { name: 'review', datatype: 'BYTES', shape: [200], data: texts },
              { name: 'photo', datatype: 'FP32', shape: [200, 8, 8, 3], data: photos },
            ],
          }),
        });
        assert.equal(asked.status, 200, await asked.text());
        const { id: monitor } = await api.get<Monitor>(path);
        await server.ctx.write((tx) => tx.enqueue(LOOK, { monitor, generation: 1, from }));
        const found = await until('the window is looked at', async () =>
          (await api.get<{ items: MonitorWindow[] }>(`${path}/windows`)).items.at(0),
        );
        assert.equal(found.problem, undefined);
        assert.deepEqual(
          [
            'in_review',
            'in_review · language',
            'in_review · unknown words',
            'in_review · digits',
            'in_photo',
            'in_photo · brightness',
            'in_photo[0]',
          ].map((column) => state(found, 'drift', column)),
          ['ok', 'alert', 'alert', 'ok', 'ok', 'alert', undefined],
        );
        const { items } = await api.get<{ items: Alert[] }>('/api/v1/alerts?endpoint=reviews');
        assert.deepEqual(
          items.map(({ cause }) => cause),
          ['skew'],
        );
        for (const column of ['in_review · language', 'in_photo · brightness'])
          assert.ok(items[0]!.members.includes(column), column);
        // A list is kept as it came.
        const prediction = asked.headers.get('x-treadle-prediction')!;
        await api.post('/api/v1/endpoints/reviews/outcomes', {
          outcomes: [{ prediction, value: [1, null, 0.5] }],
        });
        const { rows: told } = await api.post<SqlResult>('/api/v1/data/sql', {
          query: `select label, number from outcomes('reviews')`,
        });
        assert.deepEqual(told, [['[1,null,0.5]', null]]);
        const report = await until('the report is made', async () => {
          const answer = await fetch(`${server.url}/api/v1/alerts/${items[0]!.id}/report`);
          return answer.ok ? ((await answer.json()) as AlertReport) : undefined;
        });
        const apart = report.apart?.find(({ column }) => column === 'in_review');
        // Which of the frequent words come first hangs on the rows that are held out.
        assert.ok(
          apart && apart.low > 0.9 && apart.words?.now.some((word) => ['der', 'die', 'und'].includes(word)),
          JSON.stringify(report.apart),
        );
        assert.match(JSON.stringify(report.causes), /in_photo · brightness/);
        assert.equal((await runHere(server.url, 'monitor', 'rm', 'reviews')).code, 0);
      },
    );

  await t.test(
    'outcomes that come after their time are refused, and no window is green for want of them',
    async () => {
      const { answer } = await put<Monitor>({ window_ms: MONTH, label_delay_ms: 0, first_windows: 1 });
      assert.equal(answer.label_delay_ms, 0);
      await until('the clock goes on', () => Date.now() > answer.updated_at);
      const prediction = (await api.ask('watched')).prediction;
      await until('the clock goes on', () => Date.now() > Number.parseInt(prediction.slice(0, 9), 36) + 1);
      const late = await fetch(`${server.url}/api/v1/endpoints/watched/outcomes`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ outcomes: [{ prediction, value: 1 }] }),
      });
      const { error } = (await late.json()) as { error: { code: string; hint: string } };
      assert.deepEqual([late.status, error.code], [400, 'late']);
      assert.match(error.hint, /--label-delay/);
    },
  );

  await t.test('its life stands in the ledger; a watch that ends takes its windows along', async () => {
    const { ref } = await api.get<Monitor>('/api/v1/endpoints/watched/monitor');
    const settings = async () => (await api.get<Monitor>('/api/v1/endpoints/watched/monitor')).settings;
    const before = await settings();
    assert.equal((await runHere(server.url, 'monitor', 'set', 'watched', '--owner', 'ana')).code, 0);
    assert.deepEqual(await settings(), { ...before, owner: 'ana' }, 'what is not said stays');
    const gone = await runHere(server.url, 'monitor', 'rm', 'watched');
    assert.equal(gone.code, 0);
    const entries = (await listEntries(server.ctx, { limit: 1000 })).items.filter(
      ({ resource }) => resource === ref,
    );
    assert.deepEqual(entries.map(({ action }) => action).toReversed(), [
      'monitor.created',
      'monitor.changed',
      'monitor.changed',
      'monitor.changed',
      'monitor.changed',
      'monitor.deleted',
    ]);
    for (const table of ['monitor', 'monitor_window', 'monitor_reference', 'signal'] as const) {
      const rows = await server.ctx.db
        .$extendTables<MonitoringTables>()
        .selectFrom(table)
        .selectAll()
        .execute();
      assert.deepEqual(rows, [], table);
    }
  });
}
