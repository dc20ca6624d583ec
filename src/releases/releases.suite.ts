import assert from 'node:assert/strict';
import test from 'node:test';
import type { TestServer } from '../../test/harness.ts';
import {
  createLoggedModel,
  createModel,
  createVersion,
  deleteVersion,
  finalizeLoggedModel,
  getModel,
} from '../models/index.ts';
import { commitVersion } from '../data/index.ts';
import { createCtx } from '../platform/ctx/create.ts';
import { TreadleError } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import type { JobRun } from '../platform/jobs/index.ts';
import type { Endpoint, Revision } from '../serving/contract.ts';
import type { Evaluation } from '../validation/contract.ts';
import { putArtifact } from '../tracking/index.ts';
import type { NewRelease } from './contract.ts';
import { drive } from './drive.ts';
import type { Engine } from './engine.ts';
import { releaseJob } from './jobs.ts';
import { askToCancel, createRelease } from './request.ts';
import { requireRelease } from './store.ts';
import { versionUses } from './version-uses.ts';
import { getRelease } from './views.ts';

/** What the doors of the rooms below were asked for, and what they answer. */
interface Below {
  engine: Engine;
  asked: string[];
  /** Resolves once an evaluation is at work. */
  judging: Promise<void>;
  answering: Revision | undefined;
}

/** Rooms below that load and score nothing: `verdict` is heard at once, `waits` never. */
function below(verdict: 'pass' | 'waits'): Below {
  const asked: string[] = [];
  const { promise: judging, resolve: began } = Promise.withResolvers<void>();
  const no = (): never => assert.fail('nothing here asks for this');
  const made: Below = {
    asked,
    judging,
    answering: undefined,
    engine: {
      executions: { find: no, judged: no, note: no, end: no },
      guards: [],
      approvals: { ask: no, standing: no },
      validation: {
        open: async () => {
          asked.push('evaluation');
          return newId(Date.now());
        },
        run: async (_ctx, id, _say, signal) => {
          began();
          if (verdict === 'waits')
            await new Promise((_resolve, reject) =>
              signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
            );
          // Of an evaluation the release reads these.
          return { id, verdict: 'pass', reasons: [], rules: [] } as unknown as Evaluation;
        },
      },
      serving: {
        find: async () =>
          made.answering &&
          // Of an endpoint the release reads these.
          ({
            current: made.answering,
            latest: made.answering,
            address: 'http://127.0.0.1:1',
            ready: true,
          } as unknown as Endpoint & { ready: boolean }),
        deploy: async () => {
          asked.push('revision');
          throw new TreadleError('conflict', 'this serving takes no deployment');
        },
        settled: no,
        takenAway: async () => undefined,
        takeBack: no,
        sums: no,
        revision: no,
      },
      cancels: new Map(),
      pause: no,
      wake: no,
    },
  };
  return made;
}

const GATE = { data: 'flights@v1', label: 'late', rules: ['auc >= 0.6'] };

/** The room on one database. */
export function releasesSuite(on: string, open: () => Promise<TestServer>): void {
  test(`${on}: releases`, async (t) => {
    await using server = await open();
    // Nobody takes the jobs: the test drives each release itself.
    const queue = { enqueue: () => Promise.resolve(newId(Date.now())) };
    const ctx = createCtx({ ...server.parts, queue }, server.ctx);
    const logged = await createLoggedModel(ctx, { experiment: '0', name: 'late' });
    await putArtifact(ctx, `0/models/${logged.id}/artifacts/model.onnx`, { source: Buffer.from('not read') });
    await finalizeLoggedModel(ctx, logged.id, 'ready');
    await createModel(ctx, { name: 'late' });
    const version = await createVersion(ctx, { model: 'late', source: `models:/${logged.id}` });
    // Of a revision the release reads these.
    const revision = {
      id: newId(Date.now()),
      ref: 'revision:late/1',
      revision: 1,
      cause: 'deploy',
      created_by: 'anna',
      state: 'live',
      variants: [{ role: 'champion', version_ref: version.ref }],
    } as unknown as Revision;
    const ask = (engine: Engine, wish: Omit<NewRelease, 'model' | 'version'>): Promise<string> =>
      createRelease(ctx, { model: 'late', version: '1', ...wish }, engine, releaseJob(engine));
    const run = (engine: Engine, id: string): Promise<void> =>
      // Of its job a release reads only whether it goes on.
      drive(ctx, id, { signal: new AbortController().signal } as JobRun, engine);
    const aliases = async (): Promise<number> => (await getModel(ctx, 'late')).aliases.length;

    await t.test(
      'one that waits for its verdict is cancelled: nothing is deployed, no alias moves',
      async () => {
        const { engine, asked, judging } = below('waits');
        const id = await ask(engine, { gate: GATE, deploy: { endpoint: 'late' } });
        const driven = run(engine, id);
        await judging;
        await ctx.write(async (tx) => askToCancel(tx, await requireRelease(tx, id), tx.actor.name, engine));
        await driven;
        const ended = await getRelease(ctx, id);
        assert.equal(ended.state, 'cancelled');
        assert.equal(ended.reason, 'cancelled by local owner');
        assert.equal(ended.gate?.state, 'skipped');
        assert.deepEqual(
          ended.transitions.map(({ state }) => state),
          ['requested', 'judging', 'cancelled'],
        );
        assert.deepEqual([asked, await aliases()], [['evaluation'], 0]);
      },
    );

    await t.test('one that has not begun is cancelled before its first step', async () => {
      const { engine, asked } = below('pass');
      const id = await ask(engine, { gate: GATE, deploy: { endpoint: 'late' } });
      const done = await fetch(`${server.url}/api/v1/releases/${id}/cancel`, { method: 'POST' });
      assert.equal(done.status, 200);
      await run(engine, id);
      assert.equal((await getRelease(ctx, id)).state, 'cancelled');
      assert.deepEqual([asked, await aliases()], [[], 0]);
      const again = await fetch(`${server.url}/api/v1/releases/${id}/cancel`, { method: 'POST' });
      assert.equal(again.status, 409);
    });

    await t.test('what it expects to answer is judged when it is asked for, whatever answers', async () => {
      const made = below('pass');
      made.answering = revision;
      await assert.rejects(ask(made.engine, { deploy: { endpoint: 'late', expects: 0 } }), {
        kind: 'conflict',
        field: 'expects',
        message: /expected that nothing answers yet, and revision 1 answers \(deployed by anna\)/,
      });
      made.answering = undefined;
      await assert.rejects(ask(made.engine, { deploy: { endpoint: 'late', expects: 1 } }), {
        field: 'expects',
        message: /expected to replace revision 1, and nothing answers/,
      });
      assert.deepEqual(made.asked, []);
    });

    await t.test('… and again when it deploys, also of a version that has come to answer', async () => {
      const made = below('pass');
      const said = await ask(made.engine, { deploy: { endpoint: 'late', expects: 0 } });
      const unsaid = await ask(made.engine, { deploy: { endpoint: 'late' } });
      made.answering = revision;
      await run(made.engine, said);
      const failed = await getRelease(ctx, said);
      assert.equal(failed.state, 'failed');
      assert.match(failed.reason ?? '', /expected that nothing answers yet, and revision 1 answers/);
      await run(made.engine, unsaid);
      assert.equal((await getRelease(ctx, unsaid)).state, 'succeeded');
      assert.deepEqual(made.asked, []);
    });

    await t.test('a version that answers already is judged nevertheless', async () => {
      const made = below('pass');
      made.answering = revision;
      const id = await ask(made.engine, { gate: GATE, deploy: { endpoint: 'late', expects: 1 } });
      await run(made.engine, id);
      const { state, transitions, gate } = await getRelease(ctx, id);
      assert.deepEqual([state, gate?.verdict], ['succeeded', 'pass']);
      assert.deepEqual(
        transitions.map((one) => one.state),
        ['requested', 'judging', 'judged', 'promoted', 'succeeded'],
      );
      assert.deepEqual(made.asked, ['evaluation']);
    });

    await t.test('what it is judged on is named as the version that it was', async () => {
      const table = await ctx.blobs.put(Buffer.from('late\n1\n'));
      await commitVersion(ctx, { dataset: 'hold', files: [{ path: 'h.csv', ...table }] });
      for (const [data, named] of [
        ['hold', 'hold@v1'],
        ['hold@main:h.csv', 'hold@v1:h.csv'],
        ['nowhere', 'nowhere'],
      ] as const) {
        const { engine } = below('pass');
        const id = await ask(engine, { gate: { ...GATE, data } });
        await run(engine, id);
        const { gate, transitions } = await getRelease(ctx, id);
        assert.equal(gate?.data, named);
        assert.equal(transitions.find(({ state }) => state === 'judging')?.note, `judged on ${named}`);
      }
    });

    await t.test(
      'a version that is on its way is not deleted, and a deleted one is not released',
      async () => {
        const { engine } = below('pass');
        const no = { kind: 'conflict', code: 'version-in-use' } as const;
        const ids = [await ask(engine, { gate: GATE }), await ask(engine, { deploy: { endpoint: 'late' } })];
        await assert.rejects(deleteVersion(ctx, 'late', 1, {}, [versionUses], []), {
          ...no,
          message: `'late/1' is in use: v1 is being judged by release ${ids[0]} (requested); v1 is on its way to endpoint 'late' by release ${ids[1]} (requested)`,
        });
        for (const id of ids) await run(engine, id);
        const versions = { model_ref: 'model:late', versions: new Set([version.ref]) };
        assert.deepEqual(await versionUses(ctx, versions), []);

        // Asked for and deleted at the same moment, again and again: one of them hears no.
        for (let i = 2; i < 12; i++) {
          await createVersion(ctx, { model: 'late', source: `models:/${logged.id}` });
          const wish = { model: 'late', version: String(i), deploy: { endpoint: 'late' } };
          const both = [
            (): Promise<unknown> => createRelease(ctx, wish, engine, releaseJob(engine)),
            (): Promise<unknown> => deleteVersion(ctx, 'late', i, {}, [versionUses], []),
          ];
          const done = await Promise.allSettled((i % 2 === 0 ? both : both.toReversed()).map((one) => one()));
          const refusals = done.filter((one) => one.status === 'rejected');
          assert.equal(refusals.length, 1, `version ${i}`);
          const { kind } = refusals[0]!.reason as TreadleError;
          assert.ok(kind === 'conflict' || kind === 'missing', kind);
        }
      },
    );

    await t.test('a part of a gate alone is refused by its field', async () => {
      for (const [body, field] of [
        [{ gate: { rules: ['auc >= 99'] }, deploy: { endpoint: 'late' } }, 'gate.data'],
        [{ gate: { data: 'd@v1', key: ['id'] } }, 'gate.label'],
        [{ rules: ['auc >= 99'], deploy: { endpoint: 'late' } }, 'rules'],
        [{ deploy: { expects: 0 } }, 'deploy.endpoint'],
        [{}, 'gate'],
      ] as const) {
        const answer = await fetch(`${server.url}/api/v1/releases`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ model: 'late', version: '1', ...body }),
        });
        const { error } = (await answer.json()) as { error: { field: string; hint?: string } };
        assert.deepEqual([answer.status, error.field], [400, field]);
        assert.ok(error.hint, field);
      }
    });
    assert.deepEqual(server.errors, []);
  });
}
