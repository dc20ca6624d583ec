import assert from 'node:assert/strict';
import test from 'node:test';
import { fc, runs } from '../../test/property.ts';
import type { ReleaseState } from '../releases/contract.ts';
import { readDesired } from './read-file.ts';
import { quarrelIn } from './wishes.ts';
import { backOff, nextStep, type Seen, type Step } from './step.ts';

/**
 * A world in which people edit what Git says and what runs, releases take their way or die, and a policy lets some versions in. It knows
 * nothing of `nextStep` but what it asks for.
 */
const VERSIONS = ['v1', 'v2', 'v3', 'v4'] as const;
type Version = (typeof VERSIONS)[number];
/** Nobody ever approves it. */
const FORBIDDEN: Version = 'v4';

interface Release {
  id: string;
  version: Version;
  sum: string;
  own: boolean;
  state: ReleaseState;
  ended_at: number | undefined;
}

class World {
  now = 0;
  mode: 'apply' | 'report' = 'apply';
  wanted: Version = 'v1';
  runs: Version | undefined;
  shut = false;
  attempt: { release: Release; tries: number } | undefined;
  releases: Release[] = [];
  asked = 0;

  seen(): Seen {
    const own = this.attempt?.release;
    const other = this.releases.find((one) => one.ended_at === undefined && one !== own);
    return {
      mode: this.mode,
      now: this.now,
      wanted: { ref: this.wanted, sum: `sum of ${this.wanted}`, words: this.wanted },
      runs: this.runs === undefined ? undefined : { ref: this.runs, words: this.runs, beside: false },
      attempt: own && {
        sum: own.sum,
        release: own.id,
        state: own.state,
        ended_at: own.ended_at,
        tries: this.attempt!.tries,
      },
      other: other?.id,
      failed: false,
      enters: this.shut ? { ok: false, why: 'no window is open' } : { ok: true },
    };
  }

  add(version: Version, own: boolean): Release {
    const release: Release = {
      id: `r${this.releases.length}`,
      version,
      sum: `sum of ${version}`,
      own,
      state: 'requested',
      ended_at: undefined,
    };
    this.releases.push(release);
    return release;
  }

  end(release: Release, state: ReleaseState): void {
    release.state = state;
    release.ended_at = this.now;
    if (state === 'succeeded') this.runs = release.version;
  }

  /** One look at the endpoint. */
  look(): Step {
    const step = nextStep(this.seen());
    const { act } = step;
    if (act?.do === 'cancel') {
      const release = this.releases.find(({ id }) => id === act.release)!;
      assert.equal(release.ended_at, undefined, 'what has ended is not ended again');
      assert.notEqual(
        this.mode === 'report' && !release.own,
        true,
        'who only reports ends nothing of others',
      );
      this.end(release, 'cancelled');
    } else if (act) {
      assert.equal(this.mode, 'apply');
      assert.equal(this.shut, false, 'nothing is begun while no window is open');
      assert.notEqual(this.runs, this.wanted);
      assert.ok(
        this.releases.every(({ ended_at }) => ended_at !== undefined),
        'two releases at once would undo each other',
      );
      const release = this.add(this.wanted, true);
      const tries = this.attempt?.release.sum === release.sum ? this.attempt.tries + 1 : 1;
      this.attempt = { release, tries };
      this.asked++;
    }
    return step;
  }

  /** What a release does by itself: the guard lets in what people approve. */
  work(dies: boolean): void {
    for (const one of this.releases)
      if (one.ended_at === undefined) {
        if (dies) this.end(one, 'failed');
        else if (one.version === FORBIDDEN && one.state === 'awaiting_approval') this.end(one, 'rejected');
        else if (one.version === FORBIDDEN) one.state = 'awaiting_approval';
        else this.end(one, 'succeeded');
      }
  }
}

const version = fc.constantFrom(...VERSIONS);
const edit = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('git' as const), version }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('run' as const), version }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), version }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('window' as const), shut: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('mode' as const),
      mode: fc.constantFrom('apply' as const, 'report' as const),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('look' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('work' as const), dies: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), s: fc.integer({ min: 1, max: 900 }) }),
  },
);

test('whatever people do meanwhile, it comes to what Git says, or says why not; what nobody approved never runs', () => {
  const ends: Record<string, number> = {};
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 40 }), (edits) => {
      const world = new World();
      for (const one of edits) {
        if (one.do === 'git') world.wanted = one.version;
        // By hand, too, only what the guard lets in.
        else if (one.do === 'run') world.runs = one.version === FORBIDDEN ? world.runs : one.version;
        else if (one.do === 'remove') world.runs = undefined;
        else if (one.do === 'release') world.add(one.version, false);
        else if (one.do === 'window') world.shut = one.shut;
        else if (one.do === 'mode') world.mode = one.mode;
        else if (one.do === 'look') world.look();
        else if (one.do === 'work') world.work(one.dies);
        else world.now += one.s * 1000;
        assert.notEqual(world.runs, FORBIDDEN);
      }
      // Left alone, and looked at often enough.
      let last = world.look();
      for (let i = 0; i < 30; i++) {
        world.work(false);
        world.now += backOff(20);
        last = world.look();
      }
      const asked = world.asked;
      for (let i = 0; i < 5; i++) last = world.look();
      assert.equal(world.asked, asked, 'what has come to rest stays at rest');
      assert.notEqual(world.runs, FORBIDDEN);
      ends[last.state] = (ends[last.state] ?? 0) + 1;
      if (world.runs === world.wanted) return assert.equal(last.state, 'in_sync');
      if (world.mode === 'report') return assert.equal(last.state, 'drift');
      // A wish that was refused before the window shut is not asked for again either way.
      if (world.wanted === FORBIDDEN)
        return assert.ok(['blocked', 'waiting'].includes(last.state), last.state);
      assert.deepEqual([world.shut, last.state], [true, 'waiting']);
    }),
    { numRuns: runs(3_000) },
  );
  // Worlds that all came to the same end would prove little.
  for (const state of ['in_sync', 'drift', 'blocked', 'waiting'])
    assert.ok((ends[state] ?? 0) > 50, `${state}: only ${ends[state]}`);
});

test('a failure is tried again ever later, and what was refused or rolled back is not', () => {
  const seen = (state: ReleaseState, now: number, tries = 1): Seen => ({
    mode: 'apply',
    now,
    wanted: { ref: 'v2', sum: 's', words: 'm v2' },
    runs: { ref: 'v1', words: 'm v1', beside: false },
    attempt: { sum: 's', release: 'r', state, reason: 'why', ended_at: 0, tries },
    other: undefined,
    failed: false,
    enters: { ok: true },
  });
  assert.deepEqual(nextStep(seen('failed', 1_999)).at, 2_000);
  assert.equal(nextStep(seen('failed', 2_000)).act?.do, 'release');
  assert.equal(nextStep(seen('failed', 31_000, 3)).at, 32_000);
  assert.equal(backOff(50), 600_000);
  for (const state of ['rejected', 'rolled_back', 'held'] as const)
    assert.deepEqual(
      [nextStep(seen(state, 1e12)).state, nextStep(seen(state, 1e12)).act],
      ['blocked', undefined],
    );
  // Somebody put another version there after it had come: that is undone, unless it had gone because it could not answer.
  assert.equal(nextStep(seen('succeeded', 1)).act?.do, 'release');
  assert.equal(nextStep({ ...seen('succeeded', 1), failed: true }).state, 'blocked');
  assert.equal(
    nextStep({ ...seen('succeeded', 1), runs: { ref: 'v2', words: 'm v2', beside: true } }).act?.do,
    'release',
    'a canary that somebody put beside it is drift, too',
  );
});

test('a file is read with what is wrong with it, and is of the environment that follows it', async () => {
  const digest = 'a'.repeat(64);
  assert.deepEqual(
    await readDesired(
      `environment: prod\nmodels:\n  flights: 7\n  churn: { version: ${digest}, rollout: false }\nendpoints: { live: flights@v3 }\n`,
      'prod',
    ),
    {
      environment: 'prod',
      models: { flights: 7, churn: { version: digest, rollout: false } },
      endpoints: { live: 'flights@v3' },
    },
  );
  for (const [text, says] of [
    ['models: [', /^line 1: /],
    ['environment: other\n', /the file is about environment 'other'/],
    [
      'environment: prod\nmodels: { flights: latest }\n',
      /^models\.flights: write which version by its number, as 7/,
    ],
    [
      'environment: prod\nmodels: { flights: v3 }\n',
      /^models\.flights: write which version by its number, as 7/,
    ],
    [
      'environment: prod\nendpoints: { live: 3 }\n',
      /^endpoints\.live: write which version of which model, as flights@7/,
    ],
    ['environment: prod\nmodels: 3\n', /^models: must be keys with values/],
    [
      'environment: prod\nenvironmentt: x\n',
      /^environmentt: nothing is called so here; there are environment, models and/,
    ],
    ['environment: prod\n---\nmodels: {}\n', /^line 2: a second document begins here/],
    [
      'environment: prod\nmodels: { a: { version: 1, rollout: { steps: [50, 10] } } }\n',
      /^models\.a\.rollout: the step 10 % comes after 50 %/,
    ],
    ['environment: prod\nendpoints: { "not a name!": [] }\n', /nothing is called so here/],
    ['', /^it is empty: begin with environment: prod/],
  ] as const)
    await assert.rejects(readDesired(text, 'prod'), (error: Error) => says.test(error.message), text);
});

test('a file that says two things of one endpoint, or names one of another environment, is no wish at all', () => {
  const terms = { models: {}, variables: {}, windows: [], time_zone: 'UTC', freezes: [], hold_min: 0 };
  const made = { open: true, created_at: 0, created_by: 'ann', updated_at: 0 };
  const staging = {
    ...made,
    name: 'staging',
    position: 1,
    terms: { ...terms, endpoints: '{model}-staging' },
  };
  const prod = {
    ...made,
    name: 'prod',
    position: 2,
    terms: { ...terms, endpoints: '{model}', models: { churn: 'live' } },
  };
  const all = [staging, prod];
  for (const [desired, says] of [
    [
      { environment: 'prod', models: { flights: 1, churn: 2 }, endpoints: { 'flights-eu': 'flights@1' } },
      undefined,
    ],
    [
      { environment: 'prod', models: { flights: 1 }, endpoints: { flights: 'flights@2' } },
      'models.flights and endpoints.flights both say what answers at endpoint flights',
    ],
    [
      { environment: 'prod', models: { churn: 1, live: 1 } },
      'models.churn and models.live both say what answers at endpoint live',
    ],
    [
      { environment: 'prod', endpoints: { 'flights-staging': 'flights@2' } },
      'endpoints.flights-staging: flights-staging is an endpoint of staging, and only what staging follows may name it',
    ],
    [
      { environment: 'prod', models: { 'a-staging': 2 } },
      'models.a-staging: a-staging is an endpoint of staging, and only what staging follows may name it',
    ],
  ] as const)
    assert.equal(quarrelIn(desired, prod, all), says);
});
