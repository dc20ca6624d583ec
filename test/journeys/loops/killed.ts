// Drives a turning loop over the lives of a server, and looks after each of them whether all is as it was said.
import assert, { AssertionError } from 'node:assert/strict';
import { blake3 } from '@napi-rs/blake-hash';
import { commitVersion, frameHeader, getProfile, uploadBlobs } from '../../../src/data/contract.ts';
import { getPredictionLineage } from '../../../src/governance/contract.ts';
import { verify } from '../../../src/ledger/contract.ts';
import { getTurn, listTurns, type Turn } from '../../../src/loops/contract.ts';
import { getModel } from '../../../src/models/contract.ts';
import { listWindows, setMonitor } from '../../../src/monitoring/contract.ts';
import { TreadleError } from '../../../src/platform/errors/index.ts';
import { getRelease } from '../../../src/releases/contract.ts';
import { getEndpoint, listSegments } from '../../../src/serving/contract.ts';
import { runHere } from '../../cli.ts';
import { random, type Random } from '../../random.ts';
import { until } from '../../until.ts';
import type { ServerProcess } from '../kill/server-process.ts';
import { apiOf } from '../serving/api.ts';
import type { Project } from '../pipelines/project.ts';
import { columnOf, entriesOf } from './ask.ts';
import { Callers } from './callers.ts';
import { answerOf, DATASET, dataOf, turning, TURNING } from './turning.ts';

/** States of a turn in their order; one that is left quickly may not be seen. */
const TURN = ['triggered', 'training', 'judging', 'rolling_out', 'promoted'];
/** Each exactly so, of a release with one step of a canary. */
const RELEASE = [
  'requested',
  'judging',
  'judged',
  'promoted',
  'deploying',
  'rolling_out',
  'rolling_out',
  'succeeded',
];
/** Versions of the data that there are models for. */
const VERSIONS = 400;
const WINDOW = 2_000;
/** Stories that are asked for at once. */
const AT_ONCE = 8;

export class Killed {
  readonly #server: ServerProcess;
  readonly #project: Project;
  readonly #callers: Callers;
  readonly #random: Random;
  readonly #seed: number;
  /** Ids of the versions of the data, the first one first. */
  readonly #committed: string[] = [];
  /** Turns that were seen to be over, and were as they must be. */
  readonly #over = new Set<string>();
  /** Files of recorded predictions that were listed. */
  readonly #segments = new Set<string>();
  /** Predictions that were shown to be recorded. */
  readonly #recorded = new Set<string>();
  /** How long a turn takes that nobody kills, with the start of its server, ms. */
  #length = 0;
  #counted = 0;
  #timed = 0;
  #stories = '';

  private constructor(server: ServerProcess, seed: number) {
    this.#server = server;
    this.#seed = seed;
    this.#random = random(seed);
    this.#project = turning(server.url, VERSIONS);
    this.#callers = new Callers(server.url, TURNING, random(seed + 1));
  }

  /** A server whose endpoint answers with the first version, watched by a monitor, with a loop that hears of data. */
  static async begin(
    server: ServerProcess,
    { seed, pause }: { seed: number; pause: number },
  ): Promise<Killed> {
    await server.start();
    await using all = new AsyncDisposableStack();
    const killed = all.use(new Killed(server, seed));
    await killed.#deploy(pause);
    await server.kill();
    all.move();
    return killed;
  }

  async #deploy(pause: number): Promise<void> {
    await this.#commit();
    // A version turns a loop that is there when it has been looked through; this one is run by hand.
    await until('the profile of the data', async () => {
      const { state } = await this.#client.call(getProfile, { params: { dataset: DATASET, ref: 'v1' } });
      return state === 'ready';
    });
    const execution = await this.#project.run();
    assert.deepEqual(
      [execution.state, execution.deployment?.state],
      ['succeeded', 'live'],
      execution.reason ?? '',
    );
    await this.#client.call(setMonitor, {
      params: { endpoint: TURNING },
      body: { window_ms: WINDOW, label_delay_ms: 3 * WINDOW },
    });
    this.#callers.begin(pause);
    const { get } = apiOf(this.#server.url);
    await until('the file declares the loop', () =>
      get(`/api/v1/loops/${TURNING}`).then(Boolean, () => false),
    );
    const began = performance.now();
    await this.#turn();
    this.#length = performance.now() - began;
  }

  /** Goes on turning until the server dies at this moment of its work. */
  async dieAt(moment: number): Promise<void> {
    await this.#server.start({ moment });
    await this.#liveOn();
    this.#counted++;
  }

  /** At any time, or at any moment of its work, by turns; from its start on until after the end of a turn. */
  async dieAnywhere(kill: number): Promise<void> {
    if (kill % 2 === 0) return this.dieAt(1 + this.#random.integer(200));
    const after = this.#random.uniform() * 1.2 * this.#length;
    await this.#server.start({ ms: after });
    await this.#liveOn();
    this.#timed++;
  }

  figures(): string {
    return [
      `${this.#counted} at counted moments, ${this.#timed} at any time`,
      `${this.#over.size} turns promoted`,
      `${this.#callers.answers.size} answers, ${this.#callers.away} not answered`,
      `${this.#callers.told.size} outcomes told, ${this.#callers.late} too late`,
      `${this.#recorded.size} predictions seen recorded in ${this.#segments.size} files`,
      ...(this.#stories === '' ? [] : [this.#stories]),
    ].join('; ');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#callers.end();
    this.#project[Symbol.dispose]();
  }

  /** After all kills: the turn that was cut short ends, and everything is there, once. */
  async standsWhole(): Promise<void> {
    await this.#check();
    await this.#turnEnds();
    await this.#callers.end();
    assert.ifError(this.#callers.fault);
    await this.#check();
    await this.#standsInLedger();
    await this.#standsRecorded();
    await this.#hasStories();
    await this.#wasWatched();
    const stored = await runHere(this.#server.url, 'verify');
    assert.equal(stored.code, 0, stored.out + stored.err);
  }

  get #client(): Project['client'] {
    return this.#project.client;
  }

  /** Until it dies: looks whether all is as it was, and turns. */
  async #liveOn(): Promise<void> {
    await this.#unlessDead(() => this.#check());
    // A question now and then brings to disk what was just answered.
    if (this.#random.integer(3) === 0) await this.#unlessDead(() => this.#readLog());
    while (!this.#server.dead) await this.#unlessDead(() => this.#turn());
  }

  /** What the server dies on is not answered, and nobody knows what came of it. */
  async #unlessDead(work: () => Promise<unknown>): Promise<void> {
    try {
      if (!this.#server.dead) await work();
    } catch (error) {
      if (error instanceof AssertionError) throw error;
      if (error instanceof TreadleError && error.kind !== 'unavailable') throw error;
      await until('its end', () => this.#server.dead);
    }
  }

  /** The next version of the data, and the turn that it makes. */
  async #turn(): Promise<void> {
    await this.#turnEnds();
    await this.#commit();
    await this.#turnEnds();
  }

  /** Told twice is once: a branch that has these very files gets no version. */
  async #commit(): Promise<void> {
    const n = this.#committed.length + 1;
    assert.ok(n <= VERSIONS);
    const bytes = Buffer.from(dataOf(n, random(1000 * this.#seed + n)));
    const hash = Buffer.from(blake3(bytes));
    await this.#client.call(uploadBlobs, {
      body: Buffer.concat([frameHeader(hash.toString('hex'), bytes.length), bytes]),
    });
    const { version } = await this.#client.call(commitVersion, {
      params: { dataset: DATASET },
      body: { files: [{ path: 'rows.csv', hash: hash.toString('hex'), size: bytes.length }] },
    });
    assert.equal(version.name, `v${n}`);
    this.#committed.push(version.id);
  }

  /** The turn of the newest version of the data comes to its end; the first version was run by hand. */
  async #turnEnds(): Promise<void> {
    const newest = this.#committed.length < 2 ? undefined : this.#committed.at(-1)!;
    if (newest === undefined) return;
    const turn = await until('the end of a turn', async () => {
      assert.ifError(this.#callers.fault);
      const [found] = (await this.#turns()).filter(
        ({ cause_ref: ref }) => ref === `dataset_version:${newest}`,
      );
      return found?.ended_at !== undefined && found;
    });
    if (this.#over.has(turn.id)) return;
    assert.equal(turn.state, 'promoted', `${turn.code ?? ''} ${turn.reason ?? ''}`);
    const release = await this.#client.call(getRelease, { params: { release: turn.release! } });
    assert.deepEqual(
      release.transitions.map(({ state }) => state),
      RELEASE,
    );
    for (const [action, resource] of [
      ['loop_turn.promoted', `loop_turn:${turn.id}`],
      ['release.succeeded', release.ref],
    ] as const)
      assert.equal((await entriesOf(this.#client, action, resource)).length, 1, action);
    this.#over.add(turn.id);
  }

  async #turns(): Promise<Turn[]> {
    return (await this.#client.call(listTurns, { query: { loop: TURNING, limit: 500 } })).items;
  }

  /** What must hold at any moment after a start. */
  async #check(): Promise<void> {
    const turns = await this.#turns();
    // One for each version of the data at most; of the last one nobody may have heard yet that it was committed.
    assert.equal(
      new Set(turns.map(({ cause_ref: ref }) => ref)).size,
      turns.length,
      'a version turned the loop twice',
    );
    assert.ok(turns.length <= this.#committed.length, JSON.stringify(turns[0]));
    for (const { id } of turns.filter((turn) => !this.#over.has(turn.id))) {
      const { transitions } = await this.#client.call(getTurn, { params: { turn: id } });
      const places = transitions.map(({ state }) => TURN.indexOf(state));
      assert.ok(
        places.every((place, i) => (place === 0 ? i === 0 : place > (places[i - 1] ?? Infinity))),
        JSON.stringify(transitions),
      );
    }
    await this.#answersAsSaid();
    const { items } = await this.#client.call(listSegments, {
      params: { endpoint: TURNING },
      query: { limit: 500 },
    });
    for (const { file } of items) this.#segments.add(file);
    const { ok, fault } = await this.#client.call(verify, {});
    assert.ok(ok, JSON.stringify(fault));
  }

  /** The endpoint comes to answer with what the ledger says that it answers with. */
  async #answersAsSaid(): Promise<void> {
    const said = async () =>
      (await entriesOf(this.#client, 'revision.started'))[0]?.after as Live | undefined;
    const before = await said();
    assert.ok(before);
    const { ask } = apiOf(this.#server.url);
    const answer = await until('it answers', async () => {
      const one = await ask(TURNING);
      assert.ok(one.status === 200 || one.status === 503, one.text);
      return one.status === 200 && one.revision >= before.revision && one;
    });
    const after = (await said())!;
    assert.ok(answer.revision <= after.revision);
    if (before.revision !== after.revision) return; // it was just switched
    const refs = new Set(before.variants.map(({ version_ref: ref }) => ref));
    const { endpoint } = await this.#client.call(getEndpoint, { params: { endpoint: TURNING } });
    const variant = endpoint.current?.variants.find(({ version }) => String(version) === answer.version);
    if (endpoint.current?.revision === answer.revision) assert.ok(variant && refs.has(variant.version_ref));
  }

  /** Ids of the prediction log, of callers and of this test. */
  async #readLog(): Promise<Set<string>> {
    const ids = await columnOf(
      this.#client,
      `select distinct prediction as id from predictions('${TURNING}')`,
    );
    for (const id of ids) this.#recorded.add(id);
    return ids;
  }

  /** As many promotions as versions of the data, and no fact twice. */
  async #standsInLedger(): Promise<void> {
    const turns = await this.#turns();
    assert.deepEqual(
      turns.flatMap(({ cause_ref: ref }) => ref ?? []).toSorted(),
      this.#committed
        .slice(1)
        .map((id) => `dataset_version:${id}`)
        .toSorted(),
    );
    const made = this.#committed.length;
    for (const [action, count] of [
      ...['triggered', 'training', 'promoted'].map((state) => [`loop_turn.${state}`, made - 1] as const),
      ...['created', 'registered', 'succeeded'].map((state) => [`execution.${state}`, made] as const),
      ...['requested', 'judging', 'judged', 'promoted', 'succeeded'].map(
        (state) => [`release.${state}`, made] as const,
      ),
      ['release.rolling_out', 2 * (made - 1)],
      ['evaluation.created', made],
      ['model.alias_set', made],
      ['revision.requested', 1 + 2 * (made - 1)],
      ['revision.started', 1 + 2 * (made - 1)],
    ] as const)
      assert.equal((await entriesOf(this.#client, action)).length, count, action);
    const { aliases } = await this.#client.call(getModel, { params: { model: TURNING } });
    const { endpoint } = await this.#client.call(getEndpoint, { params: { endpoint: TURNING } });
    assert.deepEqual(
      aliases.map(({ alias, version }) => [alias, version]),
      [['champion', made]],
    );
    assert.deepEqual(
      endpoint.current?.variants.map(({ role, version }) => [role, version]),
      [['champion', made]],
    );
  }

  /** What was said to be recorded, and to be told, is there. */
  async #standsRecorded(): Promise<void> {
    const { items } = await this.#client.call(listSegments, {
      params: { endpoint: TURNING },
      query: { limit: 500 },
    });
    const listed = new Set(items.map(({ file }) => file));
    assert.deepEqual([...this.#segments.difference(listed)], [], 'segments that are gone');
    const before = new Set(this.#recorded);
    const recorded = await this.#readLog();
    assert.deepEqual([...before.difference(recorded)], [], 'recorded predictions that are gone');
    const told = await columnOf(this.#client, `select distinct prediction as id from outcomes('${TURNING}')`);
    assert.deepEqual([...this.#callers.told.difference(told)], [], 'outcomes that are gone');
  }

  /** Every answer that was recorded, or that a caller got, names its version, its run and its data, which are those that it was made of. */
  async #hasStories(): Promise<void> {
    const ids = [...this.#recorded.union(new Set(this.#callers.answers.keys()))];
    const began = performance.now();
    let next = 0;
    const work = async (): Promise<void> => {
      for (let id = ids[next++]; id !== undefined; id = ids[next++]) {
        const story = await this.#client.call(getPredictionLineage, { params: { prediction: id } });
        assert.ok(story.run, id);
        const data = story.datasets.find(({ name }) => name === DATASET);
        assert.ok(data, id);
        const n = Number(data.version?.slice(1));
        assert.equal(
          story.model_version.version,
          n,
          'the n-th version of the model is made of the n-th data',
        );
        assert.equal(story.evaluation?.verdict, 'pass');
        const got = this.#callers.answers.get(id);
        if (got === undefined) continue;
        assert.deepEqual([story.model_version.version, story.revision.revision], [got.version, got.revision]);
        assert.ok(Math.abs(got.value - answerOf(n, got.a, got.b)) < 1e-5, `${id}: ${got.value}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    this.#stories = `${ids.length} stories in ${((performance.now() - began) / 1000).toFixed(1)} s`;
  }

  /** Windows that were looked at follow one another, whoever slept meanwhile. */
  async #wasWatched(): Promise<void> {
    const items = await until('a window that was looked at', async () => {
      const page = await this.#client.call(listWindows, {
        params: { endpoint: TURNING },
        query: { limit: 100 },
      });
      return page.items.length > 0 && page.items;
    });
    items.forEach(({ from }, i) => assert.equal(from, items[0]!.from - i * WINDOW));
  }
}

/** What the ledger keeps of a revision that answers. */
interface Live {
  revision: number;
  variants: Array<{ version_ref: string }>;
}
