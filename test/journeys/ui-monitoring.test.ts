import assert from 'node:assert/strict';
import test from 'node:test';
import { Type } from 'typebox';
import { commitVersion } from '../../src/data/index.ts';
import { listEntries } from '../../src/ledger/index.ts';
import type { Alert, AlertReport, Monitor, MonitorWindow } from '../../src/monitoring/contract.ts';
import type { MonitoringTables } from '../../src/monitoring/schema.ts';
import type { Tx } from '../../src/platform/ctx/index.ts';
import { job } from '../../src/platform/jobs/index.ts';
import { constantOnnx, registerOnnx } from '../onnx-model.ts';
import { random } from '../random.ts';
import { until } from '../until.ts';
import { apiOf } from './serving/api.ts';
import { cannotRun, openUi } from './ui-browser.ts';

const MONTH = 31 * 86_400_000;
const DAY = 86_400_000;

/** Twelve days before of which the outcomes were waited for, with a deployment in between, as the monitor writes them down. */
async function keepScoredWindows(tx: Tx, monitor: string, before: number): Promise<void> {
  const days = Array.from({ length: 12 }, (_one, day) => before - (12 - day) * DAY);
  const db = tx.db.$extendTables<MonitoringTables>();
  for (const [day, from_at] of days.entries()) {
    const value = day < 8 ? 0.71 - 0.002 * day : 0.66 - 0.01 * (day - 7);
    const of = { monitor_id: monitor, generation: 2, from_at };
    await db
      .insertInto('monitor_window')
      .values({
        ...of,
        to_at: from_at + DAY,
        state: day < 10 ? 'ok' : 'alert',
        row_count: 900 + 40 * day,
        model: 'const',
        version: day < 6 ? 1 : 2,
        version_ref: `model_version:const/${day < 6 ? 1 : 2}`,
        problem: null,
        looked_at: from_at + DAY,
        scored_at: from_at + 2 * DAY,
      })
      .execute();
    const slice = (name: string, loss: number, worse: boolean) => ({
      column: 'in_route',
      value: name,
      rows: 210,
      figure: {
        name: 'auc',
        value: value - loss / 2,
        low: value - loss / 2 - 0.05,
        high: value - loss / 2 + 0.05,
      },
      loss,
      others: 0.19,
      worse,
    });
    for (const signal of [
      {
        signal: 'performance',
        value,
        state: day < 10 ? 'ok' : 'alert',
        reason: `auc ${value.toPrecision(3)} on 800 rows; 0.71 when it was judged`,
        evidence: { metric: 'auc', low: value - 0.02, high: value + 0.02, judged: { value: 0.71 } },
      },
      {
        signal: 'slices',
        value: 1,
        state: 'ok',
        reason: 'worse than the rest: in_route = B (loss 0.31, elsewhere 0.19, 210 rows)',
        evidence: { slices: [slice('A', 0.18, false), slice('B', 0.31, true)] },
      },
    ])
      await db
        .insertInto('signal')
        .values({
          ...of,
          ...signal,
          name: signal.signal,
          column_name: null,
          evidence: JSON.stringify(signal.evidence),
        })
        .execute();
  }
}

test(
  'an endpoint is watched from its page; drift is seen beside its reference, and acknowledged',
  { skip: cannotRun ?? false },
  async () => {
    await using house = await openUi();
    const { server } = house;
    const api = apiOf(house.url);
    await registerOnnx(server.ctx, 'const', constantOnnx(1));
    await api.deploy('const', '1');
    const ui = await house.open('/endpoints/const?tab=monitoring', { expected: /monitor/ });
    const { page } = ui;
    await page.getByText('Nobody watches this endpoint').waitFor();
    await ui.accessible('an endpoint that nobody watches');
    await page.getByRole('button', { name: 'Watch it' }).click();
    await page.getByText('No window is over yet').waitFor();
    const path = '/api/v1/endpoints/const/monitor';
    assert.equal((await api.get<Monitor>(path)).window_ms, 86_400_000);

    const seeded = random(3);
    const rows = (n: number, mean: number) =>
      Array.from({ length: n }, () => [seeded.normal(), seeded.normal() + mean]);
    const csv = rows(2000, 0).map(([a, b]) => `${a},${b},1`);
    const blob = await server.ctx.blobs.put(Buffer.from(`x[0],x[1],y\n${csv.join('\n')}\n`));
    await commitVersion(server.ctx, { dataset: 'before', files: [{ path: 'train.csv', ...blob }] });
    await fetch(house.url + path, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ window_ms: MONTH, reference: 'before@v1' }),
    });
    const asked = await fetch(`${house.url}/v2/models/const/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        inputs: [{ name: 'x', datatype: 'FP32', shape: [400, 2], data: rows(400, 1).flat() }],
      }),
    });
    assert.equal(asked.status, 200, await asked.text());
    const { id } = await api.get<Monitor>(path);
    const look = job({
      name: 'monitor.look',
      payload: Type.Object({}, { additionalProperties: true }),
      run: () => Promise.resolve(),
    });
    // A window that goes on is looked at as if it were over: what moved did so before the version began.
    const from = Math.floor(Date.now() / MONTH) * MONTH;
    await server.ctx.write((tx) => tx.enqueue(look, { monitor: id, generation: 2, from }));
    await until(
      'the window is looked at',
      async () => (await api.get<{ items: MonitorWindow[] }>(`${path}/windows`)).items.length > 0,
    );
    await server.ctx.write((tx) => keepScoredWindows(tx, id, from));
    await page.reload();
    const alerts = page.getByRole('region', { name: 'Alerts' });
    await alerts.getByText('firing').waitFor();
    await page.getByText('400 rows of const v1').waitFor();
    await page.getByText(/^half of 1 answers within/).waitFor();
    await page.getByRole('img', { name: /^in_x\[1\]: shares by bin/ }).waitFor();
    await page.getByRole('img', { name: /^auc from .* first 0\.71, last 0\.62/ }).waitFor();
    await page.getByText('in_route = B', { exact: true }).waitFor();
    await page.getByLabel('Find a column').fill('out');
    await page.getByRole('img', { name: /^in_x\[1\]: shares by bin/ }).waitFor({ state: 'detached' });
    await page.getByLabel('Find a column').fill('');
    await ui.accessible('a window with drift');
    const shots = process.env['TREADLE_SHOTS'];
    if (shots !== undefined) await page.screenshot({ path: `${shots}/light-1440.png`, fullPage: true });
    await alerts.getByRole('button', { name: 'Acknowledge' }).click();
    await alerts.getByText('acknowledged').waitFor();
    await ui.close();
    for (const [theme, width] of [
      ['dark', 1440],
      ['light', 390],
      ['dark', 390],
    ] as const) {
      const other = await house.open('/endpoints/const?tab=monitoring', { theme, width });
      await other.page.getByText('400 rows of const v1').waitFor();
      await other.accessible(`${theme}, ${width} wide`);
      if (shots !== undefined)
        for (const [at, name] of ['The newest window', 'Performance: auc', 'Slices'].entries())
          await other.page
            .getByRole('region', { name })
            .screenshot({ path: `${shots}/${theme}-${width}-${at}.png` });
      await other.close();
    }
    await alertPages(house, shots);
    await playedAgain(house);
    assert.deepEqual(server.errors, []);
  },
);

/** The list of alerts, and the report that was made when it fired. */
async function alertPages(
  house: Awaited<ReturnType<typeof openUi>>,
  shots: string | undefined,
): Promise<void> {
  const api = apiOf(house.url);
  const alert = (await api.get<{ items: Alert[] }>('/api/v1/alerts?cause=skew')).items[0]!;
  const report = await until('the report is made', async () => {
    const answer = await fetch(`${house.url}/api/v1/alerts/${alert.id}/report`);
    return answer.ok ? ((await answer.json()) as AlertReport) : undefined;
  });
  assert.deepEqual([report.cause, report.action.do, report.endpoint], ['skew', 'fix_data', 'const']);
  assert.deepEqual(
    report.causes.map(({ kind, column }) => `${kind} ${column}`),
    ['drift in_x[1]', 'skew undefined'],
    JSON.stringify(report.causes),
  );
  assert.ok((report.separable ?? 0) > 0.6, `${report.separable}`);
  assert.equal(report.samples.length, 5);
  // What is most of now has more of what has moved than what was trained on.
  assert.ok(
    report.samples.every(
      ({ now, nearest, odds }) => odds > 1 && Number(now['in_x[1]']) > 0.5 && nearest['in_x[1]'] !== null,
    ),
  );
  assert.ok(
    report.timeline.some(({ kind, words }) => kind === 'deploy' && words === 'revision 1 began to answer'),
  );
  assert.ok(report.timeline.some(({ kind }) => kind === 'data'));
  const again = await api.get<AlertReport>(`/api/v1/alerts/${alert.id}/report`);
  assert.deepEqual(again, report, 'it is frozen');
  const said = await listEntries(house.server.ctx, { action: 'alert.diagnosed' });
  assert.deepEqual(
    said.items.map(({ after }) => after),
    [{ sha256: report.sha256 }],
  );

  const ui = await house.open('/alerts');
  await ui.page.getByRole('link', { name: 'acknowledged skew of const' }).click();
  await ui.page.getByRole('heading', { name: 'What to do' }).waitFor();
  await ui.page.getByText('Mend the data', { exact: true }).waitFor();
  await ui.page.getByRole('button', { name: 'useful' }).click();
  await ui.page.getByRole('button', { name: 'useful', pressed: true }).waitFor();
  await ui.accessible('an alert with its report');
  await ui.close();
  for (const [theme, width] of [
    ['dark', 1440],
    ['light', 390],
  ] as const)
    for (const [name, path] of [
      ['alerts', '/alerts?all=1'],
      ['alert', `/alerts/${alert.id}`],
      ['channels', '/settings'],
    ] as const) {
      const other = await house.open(path, { theme, width });
      await other.page
        .getByText(name === 'channels' ? 'Alerts are told to nobody' : 'const')
        .first()
        .waitFor();
      if (name === 'alert') await other.page.getByRole('heading', { name: 'Likely causes' }).waitFor();
      await other.accessible(`${name}, ${theme}, ${width} wide`);
      if (shots !== undefined)
        await other.page.screenshot({ path: `${shots}/${name}-${theme}-${width}.png`, fullPage: true });
      await other.close();
    }
}

/** What other policies of a loop would have cost, on the windows of the endpoint that it hears. */
async function playedAgain(house: Awaited<ReturnType<typeof openUi>>): Promise<void> {
  const made = await fetch(`${house.url}/api/v1/loops/fresh`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ pipeline: 'fresh', endpoint: 'const', triggers: [] }),
  });
  assert.equal(made.status, 200, await made.text());
  const ui = await house.open('/loops/fresh');
  await ui.page.getByRole('button', { name: 'Play the past again' }).click();
  await ui.page.getByText(/^13 windows of const from .* 12 of them scored/).waitFor();
  const never = ui.page.getByRole('row', { name: /^never/ });
  await never.getByText(/\([−\d.e]+ to [−\d.e]+\)$/).waitFor();
  await ui.page.getByText('It holds if…').click();
  await ui.page.getByText(/^every training would have passed its gate/).waitFor();
  await ui.accessible('policies of a loop');
  await ui.close();
}
