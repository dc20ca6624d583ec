import assert from 'node:assert/strict';
import test from 'node:test';
import type { TestServer } from '../../../test/harness.ts';
import { listEntries } from '../../ledger/index.ts';
import { createLoggedModel, createModel, createVersion, finalizeLoggedModel } from '../../models/index.ts';
import type { RolloutWish } from '../../pipelines/contract.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import type { JobRun } from '../../platform/jobs/index.ts';
import { putArtifact } from '../../tracking/index.ts';
import type { ReleaseDetail } from '../contract.ts';
import { drive } from '../drive.ts';
import { releaseJob } from '../jobs.ts';
import type { Engine } from '../engine.ts';
import { askToCancel, createRelease, subscriber } from '../request.ts';
import { findOfExecution, requireRelease } from '../store.ts';
import { getRelease } from '../views.ts';
import { decide } from './decide.ts';
import { addLosses, rollingOut, type RollingOut } from './losses.ts';
import { World } from './world.suite.ts';

/** A registered model `late` with versions 1 and 2. */
export async function twoVersions(ctx: Ctx): Promise<void> {
  const logged = await createLoggedModel(ctx, { experiment: '0', name: 'late' });
  await putArtifact(ctx, `0/models/${logged.id}/artifacts/model.onnx`, { source: Buffer.from('not read') });
  await finalizeLoggedModel(ctx, logged.id, 'ready');
  await createModel(ctx, { name: 'late' });
  for (let i = 0; i < 2; i++) await createVersion(ctx, { model: 'late', source: `models:/${logged.id}` });
}

/** Version 1 answers, and version 2 is to be rolled out beside it. */
export async function ask(world: World, ctx: Ctx, rollout: RolloutWish): Promise<string> {
  if (!world.current)
    world.add(ctx, {
      cause: 'deploy',
      variants: [
        {
          role: 'champion',
          model: 'late',
          version: 1,
          version_ref: 'model_version:late/1',
          percent: 100,
          runtime: 'onnx',
        },
      ],
    });
  const { engine } = world;
  const wish = { model: 'late', version: '2', deploy: { endpoint: 'late', rollout } };
  return createRelease(ctx, wish, engine, releaseJob(engine));
}

/** Drives it to its end. */
export async function run(
  world: World,
  ctx: Ctx,
  id: string,
  signal = new AbortController().signal,
): Promise<ReleaseDetail> {
  // Of its job a release reads only whether it goes on.
  await drive(ctx, id, { signal } as JobRun, world.engine);
  return getRelease(ctx, id);
}

const FAST: RolloutWish = { steps: [5, 50], every_s: 60, within_s: 3600 };
const STATES = ({ transitions }: ReleaseDetail): string[] => transitions.map(({ state }) => state);

/** Rollouts on one database. */
export function rolloutSuite(on: string, open: () => Promise<TestServer>): void {
  test(`${on}: rollouts`, async (t) => {
    await using server = await open();
    await twoVersions(server.ctx);
    const traffic = { rate: 500, look: 20_000 };

    await t.test('one that is as good goes step by step to all requests, each step once', async () => {
      const world = new World({ seed: 1, ...traffic });
      const ctx = world.ctx(server);
      const done = await run(world, ctx, await ask(world, ctx, FAST));
      assert.equal(done.state, 'succeeded', done.reason ?? '');
      assert.deepEqual(STATES(done), [
        'requested',
        'deploying',
        'rolling_out',
        'rolling_out',
        'rolling_out',
        'succeeded',
      ]);
      assert.deepEqual(
        world.revisions.map(({ variants }) => variants.map(({ version, percent }) => [version, percent])),
        [
          [[1, 100]],
          [
            [1, 95],
            [2, 5],
          ],
          [
            [1, 50],
            [2, 50],
          ],
          [[2, 100]],
        ],
      );
      assert.match(
        done.transitions[3]!.note ?? '',
        /^50 % of the requests, revision 3: promote: shown to be good/,
      );
      assert.deepEqual(
        [done.rollout?.stage, done.rollout?.percent, done.deployment?.state],
        [2, 100, 'live'],
      );
      assert.equal(done.rollout!.seen.requests, world.met.all);
      const { evidence = [] } = done;
      assert.ok(evidence.length > 3 && evidence.every(({ at }, i) => i === 0 || at >= evidence[i - 1]!.at));
    });

    await t.test('one that errs more is rolled back by evidence, and the ledger says on which', async () => {
      const world = new World({ seed: 2, ...traffic, trial: { errors: 0.05 } });
      const ctx = world.ctx(server);
      const id = await ask(world, ctx, FAST);
      const done = await run(world, ctx, id);
      assert.equal(done.state, 'rolled_back');
      assert.match(done.reason ?? '', /^roll back: errors \d+\.\d\d %, primary \d\.\d\d %/);
      assert.deepEqual(world.current?.variants, world.revisions[0]?.variants);
      assert.deepEqual([world.current?.cause, world.revisions.length], ['automatic-rollback', 3]);
      const entries = (await listEntries(ctx, { resource: `release:${id}`, limit: 100 })).items;
      const back = entries.find(
        ({ action, reason }) => action === 'release.rolling_out' && reason?.includes('again'),
      );
      assert.match(JSON.stringify(back?.after), /"phase":"back".*"trial":\d+/);
      assert.deepEqual([done.deployment?.state, done.deployment?.problem], ['rolled_back', done.reason]);
    });

    await t.test('one that fails at once meets a hard stop before many have asked it', async () => {
      const world = new World({ seed: 3, rate: 20, look: 1_000, trial: { errors: 0.9 } });
      const ctx = world.ctx(server);
      const done = await run(world, ctx, await ask(world, ctx, FAST));
      assert.equal(done.state, 'rolled_back');
      assert.ok(world.met.trial < 40, `${world.met.trial}`);
    });

    await t.test('both sides that fail together are no reason', async () => {
      const bad = { errors: 0.5 };
      const world = new World({ seed: 4, ...traffic, primary: bad });
      const ctx = world.ctx(server);
      const done = await run(
        world,
        ctx,
        await ask(world, ctx, { ...FAST, within_s: 600, undecided: 'promote' }),
      );
      assert.equal(done.state, 'succeeded', done.reason ?? '');
    });

    await t.test('one that too few have asked is held, and a person decides', async () => {
      for (const [decision, end] of [
        ['promote', 'succeeded'],
        ['rollback', 'rolled_back'],
      ] as const) {
        const world = new World({ seed: 5, rate: 1, look: 60_000 });
        const ctx = world.ctx(server);
        const id = await ask(world, ctx, FAST);
        const stop = new AbortController();
        world.paused = async () => {
          if ((await requireRelease(ctx, id)).state === 'held') stop.abort(new Error('enough'));
        };
        await assert.rejects(run(world, ctx, id, stop.signal), /enough/);
        const held = await getRelease(ctx, id);
        assert.deepEqual([held.state, held.ended_at, held.rollout?.percent], ['held', undefined, 5]);
        assert.match(
          held.rollout?.held?.why ?? '',
          /not enough after 60 min: hold: not yet shown .* answers of the canary/,
        );
        const why = { reason: 'enough was seen' };
        await assert.rejects(decide(ctx, world.engine, id, { decision: 'hold', ...why }), /held already/);
        await decide(ctx, world.engine, id, { decision, ...why });
        world.paused = () => undefined;
        const done = await run(world, ctx, id);
        assert.equal(done.state, end);
        assert.match(done.transitions.at(-2)!.note ?? '', /local owner: enough was seen/);
        await assert.rejects(decide(ctx, world.engine, id, { decision, ...why }), {
          kind: 'conflict',
          message: /no rollout under way: it is (succeeded|rolled_back)/,
        });
      }
    });

    await t.test('held by hand, it goes on by evidence when it is resumed', async () => {
      const world = new World({ seed: 6, ...traffic });
      const ctx = world.ctx(server);
      const id = await ask(world, ctx, FAST);
      let looks = 0;
      world.paused = async () => {
        looks++;
        if (looks === 3) await decide(ctx, world.engine, id, { decision: 'hold', reason: 'let me see' });
        if (looks === 30) await decide(ctx, world.engine, id, { decision: 'resume', reason: 'seen' });
      };
      const done = await run(world, ctx, id);
      assert.equal(done.state, 'succeeded');
      assert.ok(looks > 30);
      assert.deepEqual(STATES(done).slice(2, 5), ['rolling_out', 'held', 'rolling_out']);
    });

    await t.test('a rollback or a deployment by somebody else ends it', async () => {
      for (const [cause, state, reason] of [
        [
          'rollback',
          'rolled_back',
          /^a rollback by local owner \(revision 3 takes up revision 1 again\): late trains/,
        ],
        ['deploy', 'failed', /revision 3 of late, deployed by local owner, took the place of the rollout/],
      ] as const) {
        const world = new World({ seed: 7, ...traffic });
        const ctx = world.ctx(server);
        const id = await ask(world, ctx, FAST);
        let looks = 0;
        world.paused = () => {
          const { variants } = world.revisions[0]!;
          if (++looks === 2) world.add(ctx, { cause, variants, restores: 1, note: 'late trains' });
        };
        const done = await run(world, ctx, id);
        assert.deepEqual([done.state, world.revisions.length], [state, 3]);
        assert.match(done.reason ?? '', reason);
      }
    });

    await t.test('cancelled, it goes back', async () => {
      const world = new World({ seed: 8, ...traffic });
      const ctx = world.ctx(server);
      const id = await ask(world, ctx, FAST);
      let looks = 0;
      world.paused = async () => {
        if (++looks === 2)
          await ctx.write(async (tx) => askToCancel(tx, await requireRelease(tx, id), 'anna', world.engine));
      };
      const done = await run(world, ctx, id);
      assert.deepEqual([done.state, done.reason], ['rolled_back', 'anna: the release was cancelled']);
      assert.deepEqual(world.current?.variants, world.revisions[0]?.variants);
    });

    await t.test('a shadow is asked first, and one that fails there has met nobody', async () => {
      for (const [errors, state] of [
        [0.01, 'succeeded'],
        [0.9, 'rolled_back'],
      ] as const) {
        const world = new World({ seed: 9, ...traffic, trial: { errors } });
        const ctx = world.ctx(server);
        const done = await run(world, ctx, await ask(world, ctx, { ...FAST, shadow: 5000 }));
        assert.equal(done.state, state, done.reason ?? '');
        assert.equal(world.met.trial === 0, state === 'rolled_back');
      }
    });

    await t.test('where nothing answers, or another one is on trial, there is no rollout', async () => {
      const empty = new World({ seed: 10, ...traffic });
      const ctx = empty.ctx(server);
      const wish = { model: 'late', version: '2', deploy: { endpoint: 'late', rollout: FAST } };
      const alone = await createRelease(ctx, wish, empty.engine, releaseJob(empty.engine));
      const done = await run(empty, ctx, alone);
      assert.equal(done.state, 'succeeded');
      assert.match(done.transitions[1]!.note ?? '', /nothing answers there that it could be compared with/);
      const world = new World({ seed: 11, ...traffic });
      await ask(world, ctx, FAST);
      const [{ variants }] = world.revisions as [(typeof world.revisions)[0]];
      world.add(ctx, {
        cause: 'deploy',
        variants: [...variants, { ...variants[0]!, role: 'canary', percent: 3 }],
      });
      const second = await run(world, ctx, await ask(world, ctx, FAST));
      assert.equal(second.state, 'failed');
      assert.match(
        second.reason!,
        /a canary, late v1, is on trial already \(revision 2\); let its rollout end/,
      );
    });

    await t.test(
      'stopped at any look, or after a start that forgot all sums, it comes to the same end',
      async () => {
        for (const [trial, end, revisions] of [
          [{}, 'succeeded', 4],
          [{ errors: 0.02 }, 'rolled_back', 3],
        ] as const) {
          const world = new World({ seed: 12, ...traffic, trial });
          const ctx = world.ctx(server);
          const id = await ask(world, ctx, FAST);
          let stops = 0;
          for (;;) {
            const stop = new AbortController();
            let looks = 0;
            world.paused = () => {
              if (++looks === 3) stop.abort(new Error('stopped'));
            };
            const done = await run(world, ctx, id, stop.signal).catch(() => undefined);
            if (done) {
              assert.deepEqual([done.state, world.revisions.length], [end, revisions]);
              break;
            }
            stops++;
            world.restart();
          }
          assert.ok(stops > 1);
        }
      },
    );

    await t.test('losses count once, of errors without an end those after the first', async () => {
      const world = new World({ seed: 13, rate: 1, look: 1_000 });
      const ctx = world.ctx(server);
      const id = await ask(world, ctx, FAST);
      const tell = (until: number, kind: 'bounded' | 'absolute', loss: number): Promise<boolean> => {
        const of = [{ revision: 2, primary: Array.from({ length: 40 }, () => 1), canary: [loss, loss] }];
        return ctx.write((tx) => addLosses(tx, world.engine, id, { until, kind, of }));
      };
      const told: boolean[] = [];
      let looks = 0;
      world.paused = async () => {
        const { losses } = (await getRelease(ctx, id)).rollout!.evidence.trial;
        const [{ until }] = (await rollingOut(ctx, 'late')) as [RollingOut];
        if (++looks === 2) told.push(await tell(until, 'bounded', 1), await tell(until + 1, 'absolute', 9));
        if (looks === 3) assert.equal(losses, 0);
        if (looks === 3) told.push(await tell(until, 'absolute', 9), await tell(until + 1, 'absolute', 9));
        if (looks === 4) assert.equal(losses, 2);
        if (looks > 4) for (let i = 1; i < 20; i++) await tell(until + i, 'absolute', 9);
      };
      const done = await run(world, ctx, id);
      assert.deepEqual(told, [false, true, false, true]);
      assert.equal(done.state, 'rolled_back', done.reason ?? '');
      assert.match(done.reason ?? '', /^roll back: mean loss 90\.00 %, primary 50\.00 %/);
      assert.deepEqual(await rollingOut(ctx, 'late'), []);
    });

    await t.test(
      'an execution ends when its rollout begins; run again, it does not undo a rollback',
      async () => {
        const world = new World({ seed: 14, ...traffic, trial: { errors: 0.3 } });
        const ctx = world.ctx(server);
        await ask(world, ctx, FAST);
        const ends: string[] = [];
        const told: string[] = [];
        const engine: Engine = {
          ...world.engine,
          executions: {
            judged: async () => [],
            find: async (_ctx, id) => ({
              id,
              pipeline: 'late',
              number: 1,
              created_by: 'anna',
              model: { name: 'late', version: 2 },
              wish: { deploy: { endpoint: 'fresh', rollout: FAST }, force: id.endsWith('c') },
              cancel_by: null,
            }),
            note: async (_tx, _id, { deployment }) => {
              if (deployment && told.at(-1) !== deployment.state) told.push(deployment.state);
            },
            end: async (_tx, id, { state }) => {
              ends.push(`${id.at(-1)} ${state}`);
            },
          },
        };
        const { handle } = subscriber(engine, releaseJob(engine));
        const states: string[] = [];
        for (const letter of ['a', 'b', 'c']) {
          const execution = letter.repeat(32);
          const event = { type: 'execution.registered', subject: `execution:${execution}` };
          // Of an event the room reads these.
          await ctx.write((tx) => handle(tx, event as Parameters<typeof handle>[1]));
          const { id } = (await findOfExecution(ctx, execution))!;
          await drive(ctx, id, { signal: new AbortController().signal } as JobRun, engine);
          const { state, reason = '' } = await getRelease(ctx, id);
          states.push(state);
          if (state === 'held')
            assert.match(
              reason,
              /^release [0-9a-f]{32} rolled late version 2 back from fresh \(.*treadle release late@v2/,
            );
        }
        assert.deepEqual(states, ['rolled_back', 'held', 'rolled_back']);
        const began = ['deploying', 'rolling_out', 'rolled_back'];
        assert.deepEqual(told, [...began, 'held', ...began]);
        // Told at each step from its beginning on; a closed execution is closed once.
        assert.deepEqual([...new Set(ends)], ['a succeeded', 'b succeeded', 'c succeeded']);
      },
    );

    await t.test('a wish that cannot be is refused by its field', async () => {
      for (const [rollout, field] of [
        [{ steps: [5, 5] }, 'deploy.rollout.steps'],
        [{ every_s: 10, within_s: 5 }, 'deploy.rollout.within_s'],
        [{ steps: [100] }, 'deploy.rollout.steps[0]'],
      ] as const) {
        const answer = await fetch(`${server.url}/api/v1/releases`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ model: 'late', version: '2', deploy: { endpoint: 'late', rollout } }),
        });
        const { error } = (await answer.json()) as { error: { field: string; hint?: string } };
        assert.deepEqual([answer.status, error.field], [400, field]);
      }
    });
    assert.deepEqual(server.errors, []);
  });
}
