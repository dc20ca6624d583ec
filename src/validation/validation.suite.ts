import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { sql } from 'kysely';
import type { TestServer } from '../../test/harness.ts';
import { until } from '../../test/until.ts';
import { workspacesOf, type Workspace } from '../../test/workspaces.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import type { LedgerTables } from '../ledger/schema.ts';
import type { Evaluation, EvaluationSummary } from './contract.ts';
import type { ValidationTables } from './schema.ts';
import { requireEvaluation } from './store.ts';
import { commit, csv, flights, register } from './tiny.suite.ts';

const api = async <T>(
  server: Workspace,
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: T }> => {
  const answer = await fetch(`${server.url}/api/v1/${path}`, {
    method,
    headers: { ...server.headers, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: answer.status, body: (await answer.json()) as T };
};
const ask = async (server: Workspace, body: object): Promise<Evaluation> => {
  const answer = await api<Evaluation>(server, 'POST', 'evaluations', {
    model: 'late',
    version: 'latest',
    label: 'late',
    wait_s: 300,
    ...body,
  });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  const { id } = answer.body;
  return until('the evaluation ends', async () => {
    const { body: now } = await api<Evaluation>(server, 'GET', `evaluations/${id}`);
    return now.state === 'done' || now.state === 'failed' ? now : undefined;
  });
};

async function said(ctx: Ctx, id: string): Promise<string[]> {
  const { rows } = await sql<{
    action: string;
  }>`select action from ledger_entry where resource = ${`evaluation:${id}`} order by seq`.execute(ctx.db);
  const events = await sql<{
    type: string;
  }>`select type from event where subject = ${`evaluation:${id}`} order by seq`.execute(ctx.db);
  return [...rows.map(({ action }) => action), ...events.rows.map(({ type }) => `event ${type}`)];
}

/** The room on one database, with real models scored in the real runtime. Not `whole`: what no database decides is left out. */
export function validationSuite(on: string, open: () => Promise<TestServer>, { whole = true } = {}): void {
  describe(on, () => {
    const fresh = workspacesOf(open);
    test(`${on}: a good model on unseen rows passes, and everything is written once`, async () => {
      const server = await fresh();
      const { ctx } = server;
      const read = await commit(ctx, 'flights', { 'train.csv': csv(flights(3000, 1)) });
      const unseen = await commit(ctx, 'gate', { 'holdout.csv': csv(flights(4000, 2, 10_000)) });
      const trained = [{ id: read.id, ref: 'flights@v1' }];
      assert.equal(await register(ctx, 'weak', trained, { champion: true }), 1);
      assert.equal(await register(ctx, 'good', trained), 2);
      const rules = [
        'auc >= 0.6',
        'auc > champion.auc',
        'p95_latency_ms < 60000',
        'slice(origin=JFK).auc >= 0.55',
        'data.rows >= 4000',
      ];
      const done = await ask(server, {
        data: 'gate@v1',
        rules,
        key: ['id'],
        group: ['hour', 'origin'],
        slices: ['origin'],
      });
      assert.equal(done.state, 'done', done.problem ?? done.stage ?? '');
      assert.equal(done.verdict, 'pass', JSON.stringify(done.reasons));
      assert.deepEqual([done.reasons, done.task, done.rows, done.version], [[], 'binary', 4000, 2]);
      assert.deepEqual(
        done.rules.map(({ rule, verdict }) => [rule, verdict]),
        [
          ...rules.map((rule) => [rule, 'pass']),
          ['auc > baseline.auc', 'pass'],
          ['online_difference <= 1e-6', 'pass'],
        ],
      );
      assert.deepEqual(
        done.rules.filter(({ always }) => always).map(({ rule }) => rule),
        ['auc > baseline.auc', 'online_difference <= 1e-6'],
        'what nobody wrote is marked',
      );
      const auc = done.metrics.find(({ name }) => name === 'auc')!;
      assert.ok(auc.value > 0.65 && auc.low! < auc.value && auc.high! > auc.value && auc.n === 4000);
      assert.match(auc.method!, /^DeLong/);
      assert.deepEqual(
        done.dependence?.map(({ kind, columns, declared, units }) => [kind, columns, declared, units]),
        [['group', ['hour', 'origin'], true, 57]],
      );
      assert.equal(done.champion?.version, 1);
      assert.ok(done.champion.metrics.find(({ name }) => name === 'auc')!.value < auc.value);
      assert.equal(done.baseline?.metrics.find(({ name }) => name === 'auc')?.value, 0.5);
      assert.deepEqual(done.slices.map(({ where }) => where).toSorted(), [
        'origin = ATL',
        'origin = DEN',
        'origin = JFK',
      ]);
      assert.equal(
        done.slices.reduce((sum, { rows }) => sum + rows, 0),
        4000,
      );
      assert.equal(
        done.calibration?.bins.reduce((sum, { rows }) => sum + rows, 0),
        4000,
      );
      assert.equal(done.runtime?.platform, 'onnxruntime_onnx');
      assert.ok(done.runtime.latency_ms.calls >= 20 && done.runtime.online_difference! <= 1e-6);
      assert.deepEqual(
        [done.proof?.verdict, done.proof?.identity.kind, done.proof?.overlapping_rows],
        ['pass', 'key', 0],
      );

      assert.deepEqual(await said(ctx, done.id), [
        'evaluation.created',
        'evaluation.done',
        'event evaluation.done',
      ]);
      const { rows: entries } = await sql<{
        entry: string;
      }>`select * from ledger_entry where resource = ${done.ref} and action = 'evaluation.done'`.execute(
        ctx.db,
      );
      const text = JSON.stringify(entries);
      for (const digest of [done.proof!.gate.digest, ...done.proof!.against.map((one) => one.digest)])
        assert.ok(text.includes(digest));
      const lineage = await api<{ edges: Array<{ from: string; to: string; relation: string }> }>(
        server,
        'GET',
        `lineage/${encodeURIComponent(done.ref)}`,
      );
      const edges = lineage.body.edges.map(({ relation, to }) => `${relation} ${to}`);
      for (const edge of [
        'judged model_version:late/2',
        `read dataset_version:${unseen.id}`,
        `compared-with model_version:late/1`,
      ])
        assert.ok(edges.includes(edge), edge);

      const more = whole ? await alsoAsked() : [];
      const { body: page } = await api<{ items: EvaluationSummary[] }>(
        server,
        'GET',
        'evaluations?model=late&version=2',
      );
      assert.deepEqual(
        page.items.map(({ id, verdict, rows }) => [id, verdict, rows]),
        [...more, [done.id, 'pass', 4000]],
      );
      assert.deepEqual((await api(server, 'GET', `evaluations/${done.id}`)).body, done);
      assert.deepEqual(
        (await api<{ items: unknown[] }>(server, 'GET', 'evaluations?verdict=fail')).body.items,
        [],
      );
      assert.deepEqual(server.errors, []);

      /** Rules that nobody wrote, and rules that go through slices. */
      async function alsoAsked(): Promise<Array<[string, string, number]>> {
        const plain = await ask(server, { data: 'gate@v1', key: ['id'] });
        assert.deepEqual(
          plain.rules
            .filter(({ by_default }) => by_default)
            .map(({ rule, verdict, margin }) => [rule, verdict, margin]),
          [['auc >= champion.auc - 0.005', 'pass', 0.005]],
          'a gate without rules compares with the champion',
        );
        assert.ok(!(plain.proof?.warnings ?? []).some((text) => text.includes('champion')));
        const each = await ask(server, {
          data: 'gate@v1',
          key: ['id'],
          rules: [
            'slice(origin).auc >= champion.slice(origin).auc - 0.1',
            'slice(hour, rows >= 9999).auc > 0',
          ],
        });
        assert.deepEqual(
          each.rules
            .slice(0, 2)
            .map(({ verdict, slices }) => [verdict, slices?.map(({ value }) => value).toSorted()]),
          [
            ['pass', ['ATL', 'DEN', 'JFK']],
            ['inconclusive', undefined],
          ],
        );
        assert.equal(each.verdict, 'inconclusive');
        const alone = await ask(server, { data: 'gate@v1', key: ['id'], rules: ['auc >= 0.5'] });
        assert.match(
          alone.proof?.warnings?.at(-1) ?? '',
          /^No rule names the champion, which is version 1; its auc is 0\.\d+ on these rows, this one’s 0\.\d+: .* champion\.auc$/,
        );
        return [
          [alone.id, 'pass', 4000],
          [each.id, 'inconclusive', 4000],
          [plain.id, 'pass', 4000],
        ];
      }
    });

    test(`${on}: what a crash cut short begins again, what had ended stays; other workspaces see nothing`, async () => {
      const server = await fresh();
      const { ctx } = server;
      const read = await commit(ctx, 'flights', { 'train.csv': csv(flights(500, 1)) });
      await commit(ctx, 'gate', { 'clean.csv': csv(flights(500, 2, 10_000)) });
      await register(ctx, 'good', [{ id: read.id, ref: 'flights@v1' }]);
      const first = await ask(server, { data: 'gate@v1' });
      const { runEvaluation } = await import('./judge.ts');
      const { openEvaluation } = await import('./open-evaluation.ts');
      const { openTables } = await import('../tables/index.ts');
      const { createProcesses } = await import('../platform/processes/index.ts');
      const { createRuntimes } = await import('../runtimes/index.ts');
      const processes = createProcesses();
      const bench = {
        processes,
        tables: openTables(processes),
        runtimes: createRuntimes({ processes, folder: server.data }),
      };
      const asked = (execution: string) =>
        openEvaluation(ctx, {
          model: 'late',
          version: '1',
          execution,
          question: { data: { kind: 'dataset', ref: 'gate@v1' }, spec: { label: 'late' } },
          state: 'running',
        });
      const cut = await asked('e1');
      const stages: string[] = [];
      await runEvaluation(ctx, bench, cut, (stage) => void stages.push(stage), undefined);
      const done = await requireEvaluation(ctx, cut);
      assert.deepEqual([done.state, done.execution], ['done', 'e1']);
      assert.ok(stages.includes('computing metrics'), stages.join());
      await runEvaluation(ctx, bench, cut, () => assert.fail('it had ended'), undefined);
      assert.deepEqual(await requireEvaluation(ctx, cut), done);
      const stop = new AbortController();
      stop.abort(new Error('the server stops'));
      await assert.rejects(
        runEvaluation(ctx, bench, await asked('e2'), () => undefined, stop.signal),
        /the server stops/,
      );
      const { rows: left } = await sql<{
        state: string;
      }>`select state from evaluation where execution = 'e2'`.execute(ctx.db);
      assert.deepEqual(
        left.map(({ state }) => state),
        ['running'],
        'somebody else goes on with it',
      );
      await bench.tables.close();
      await processes.close();
      const other = ctx.as({ workspace: 'other' });
      await assert.rejects(requireEvaluation(other, first.id), /there is no evaluation/);
      assert.ok(
        (
          await ctx.db
            .$extendTables<ValidationTables & LedgerTables>()
            .selectFrom('evaluation')
            .select('id')
            .where('workspace', '=', ctx.workspace)
            .execute()
        ).length === 3,
      );
    });

    if (!whole) return;

    test(`${on}: what training read is found, what is useless or moody fails, and says why`, async () => {
      const server = await fresh();
      const { ctx } = server;
      const seen = flights(2000, 1);
      const unread = flights(2000, 2, 10_000);
      const read = await commit(ctx, 'flights', { 'train.csv': csv(seen) });
      await commit(ctx, 'gate', {
        'leak.csv': csv([...unread, ...seen.slice(50, 60)]),
        'clean.csv': csv(unread),
        'few.csv': csv(unread.slice(0, 40)),
      });
      const trained = [{ id: read.id, ref: 'flights@v1' }];
      await register(ctx, 'good', trained);
      const leak = await ask(server, { data: 'gate@v1:leak.csv', rules: ['auc >= 0.6'] });
      assert.equal(leak.verdict, 'fail');
      assert.equal(leak.proof?.overlapping_rows, 10);
      assert.deepEqual(
        leak.proof.overlaps.map(({ gate_row, values }) => [gate_row, Number(values['id'])]),
        Array.from({ length: 10 }, (_one, i) => [2000 + i, 50 + i]),
      );
      assert.ok(
        leak.rules.every(({ verdict }) => verdict === 'pass'),
        'the rules alone would have let it pass',
      );
      const few = await ask(server, { data: 'gate@v1:few.csv', rules: ['auc >= 0.6'] });
      assert.equal(few.verdict, 'inconclusive', JSON.stringify(few.reasons));
      assert.ok(few.rules[0]!.required_rows! > 40);

      await register(ctx, 'useless', trained);
      const useless = await ask(server, { data: 'gate@v1:clean.csv' });
      assert.equal(useless.verdict, 'fail');
      assert.match(useless.reasons.join(), /auc > baseline\.auc/);
      await register(ctx, 'batch', trained);
      const moody = await ask(server, { data: 'gate@v1:clean.csv', rules: ['auc >= 0.6'] });
      assert.deepEqual(
        moody.rules.filter(({ verdict }) => verdict === 'fail').map(({ rule }) => rule),
        ['auc >= 0.6', 'auc > baseline.auc'],
      );
      assert.equal(
        moody.runtime!.online_difference,
        0,
        'it is judged as it answers: row by row, for it looks at its batch',
      );
    });

    test(`${on}: a model whose training is not known decides nothing`, async () => {
      const server = await fresh();
      const { ctx } = server;
      await commit(ctx, 'gate', { 'clean.csv': csv(flights(2000, 2)) });
      await register(ctx, 'good', []);
      const unknown = await ask(server, { data: 'gate@v1', rules: ['auc >= 0.6'] });
      assert.notEqual(unknown.verdict, 'pass');
    });

    test(`${on}: what cannot be judged says which column, and what to do`, async () => {
      const server = await fresh();
      const { ctx } = server;
      const rows = flights(200, 2, 10_000);
      const read = await commit(ctx, 'flights', { 'train.csv': csv(flights(100, 1)) });
      await commit(ctx, 'gate', {
        'clean.csv': csv(rows),
        'no-column.csv': csv(rows, ['id', 'hour', 'origin', 'late']),
        'words.csv': csv(rows.map((row) => ({ ...row, late: row.late === 1 ? 'late' : 'fine' }))),
      });
      const version = await register(ctx, 'good', [{ id: read.id, ref: 'flights@v1' }]);
      // One of each stage that can refuse; what else each refuses is tried in `scoring`.
      const wrong: ReadonlyArray<[object, RegExp]> = [
        [{ data: 'gate@v1:no-column.csv' }, /no column 'distance', which late version 1 takes; add it/],
        [
          { data: 'gate@v1:words.csv' },
          /'fine' and 'late', and nothing says which .* positive: fine, or positive: late/,
        ],
        [
          { data: 'gate@v1:clean.csv', label: 'hour' },
          /takes the label 'hour' as an input: it would be told the answer/,
        ],
        [{ data: 'gate@v1:clean.csv', slices: ['planet'] }, /no column 'planet'/],
        [{ data: 'gate@v1:clean.csv', key: ['planet'] }, /no column 'planet'/],
        [{ data: 'gate@v1:clean.csv', time: 'planet' }, /no column 'planet'/],
        [{ data: 'gate@v1:clean.csv', prediction: 'prob' }, /no output 'prob'; it has probability/],
      ];
      const answers = await Promise.all(wrong.map(([body]) => ask(server, body)));
      for (const [i, [body, problem]] of wrong.entries()) {
        const failed = answers[i]!;
        assert.equal(failed.state, 'failed', JSON.stringify(body));
        assert.match(failed.problem ?? '', problem);
        assert.deepEqual(
          [failed.verdict, failed.metrics, failed.rules, failed.proof],
          [undefined, [], [], undefined],
        );
        assert.deepEqual(await said(ctx, failed.id), [
          'evaluation.created',
          'evaluation.failed',
          'event evaluation.failed',
        ]);
      }
      assert.equal((await ask(server, { data: 'gate@v1:words.csv', positive: 'late' })).state, 'done');

      const count = async (): Promise<number> =>
        Number(
          (
            await sql<{
              n: number;
            }>`select count(*) as n from evaluation where workspace = ${ctx.workspace}`.execute(ctx.db)
          ).rows[0]!.n,
        );
      const before = await count();
      const refused: ReadonlyArray<[object, number, RegExp]> = [
        [
          { data: 'gate@v1:clean.csv', rules: ['auc > 0', 'acu >= 0.6'] },
          400,
          /"rules\[1\]".*did you mean auc\?/,
        ],
        [{ data: 'nothing@v1' }, 404, /nothing/],
        [{ data: 'gate@v1:missing.csv' }, 404, /no file 'missing\.csv'/],
        [{ data: 'gate@v1:clean.csv', version: '99' }, 404, /no version 99/],
        [{ data: 'gate@v1:clean.csv', model: 'nobody' }, 404, /nobody/],
      ];
      for (const [body, status, says] of refused) {
        const answer = await api<object>(server, 'POST', 'evaluations', {
          model: 'late',
          version: String(version),
          label: 'late',
          ...body,
        });
        const text = JSON.stringify(answer.body, ['error', 'field', 'message', 'hint']);
        assert.deepEqual([answer.status, says.test(text)], [status, true], text);
      }
      assert.equal(await count(), before, 'what is refused leaves nothing');
      const checked = await api<{ problems: unknown[] }>(server, 'POST', 'evaluations/check-rules', {
        rules: ['auc > 0.5', 'auc >'],
      });
      assert.equal(checked.body.problems.length, 1);
    });
  });
}
