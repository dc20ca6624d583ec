import assert from 'node:assert/strict';
import { random } from '../../../test/random.ts';
import { LATENCY_EDGES } from '../../evidence/index.ts';
import { createCtx } from '../../platform/ctx/create.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { conflict } from '../../platform/errors/index.ts';
import { newId } from '../../platform/ids/index.ts';
import { normalTail } from '../../platform/mathematics/index.ts';
import type { Revision, Variant } from '../../serving/contract.ts';
import type { VariantSums } from '../../serving/index.ts';
import type { TestServer } from '../../../test/harness.ts';
import type { Engine } from '../engine.ts';

/** How the version on trial, or its primary, answers. */
export interface Manner {
  errors: number;
  /** Times the latency of 10 ms, log-normal with deviation `spread`. */
  slow: number;
  spread: number;
}
const FINE: Manner = { errors: 0.01, slow: 1, spread: 0.5 };

/** An endpoint without planes: its revisions answer at once, callers come at a rate, and time passes when a rollout waits. */
export class World {
  now = 1_800_000_000_000;
  readonly revisions: Revision[] = [];
  readonly engine: Engine;
  life = 'one';
  /** Called at each wait, before time passes. */
  paused: () => Promise<void> | void = () => undefined;
  /** Requests that the version on trial met, and all: since the rollout began. */
  met = { trial: 0, all: 0 };
  private readonly counts = new Map<string, { requests: number; failed: number; latency: number[] }>();
  private readonly r;
  private readonly rate: number;
  private readonly look: number;
  private readonly trial: Manner;
  private readonly primary: Manner;

  constructor(options: {
    seed: number;
    /** Requests a second. */
    rate: number;
    /** Time between two looks, ms. */
    look: number;
    trial?: Partial<Manner>;
    primary?: Partial<Manner>;
  }) {
    this.r = random(options.seed);
    this.rate = options.rate;
    this.look = options.look;
    this.primary = { ...FINE, ...options.primary };
    this.trial = { ...this.primary, ...options.trial };
    const no = (): never => assert.fail('nothing here asks for this');
    this.engine = {
      executions: { find: no, judged: no, note: no, end: no },
      guards: [],
      approvals: { ask: no, standing: no },
      validation: { open: no, run: no },
      cancels: new Map(),
      wake: () => undefined,
      pause: async (_id, _ms, signal) => {
        await this.paused();
        signal.throwIfAborted();
        this.pass();
      },
      serving: {
        find: async () => {
          const { current } = this;
          const latest = this.revisions.at(-1);
          // Of an endpoint the release reads these.
          return (
            current && ({ current, latest, address: 'http://127.0.0.1:1', ready: true } as unknown as never)
          );
        },
        deploy: async (tx, { model, version, canary, shadow, expects, asked_by, note }) => {
          this.expected(expects);
          const variant = (role: Variant['role'], of: { version: string }, percent: number) =>
            ({
              role,
              model,
              version: Number(of.version),
              version_ref: `model_version:late/${of.version}`,
              percent,
              runtime: 'onnx',
            }) satisfies Variant;
          const variants = [
            variant('champion', { version }, 100 - (canary?.percent ?? 0)),
            ...(canary ? [variant('canary', canary, canary.percent)] : []),
            ...(shadow ? [variant('shadow', shadow, shadow.percent)] : []),
          ];
          return this.add(tx, { cause: 'deploy', variants, asked_by, note });
        },
        takeBack: async (tx, { to, expects, cause, note }) => {
          this.expected(expects);
          const { variants } = this.revisions.find(({ revision }) => revision === to)!;
          return this.add(tx, { cause, variants, restores: to, note });
        },
        settled: async (_ctx, id) => this.revisions.find((one) => one.id === id)!,
        takenAway: async () => undefined,
        revision: async (_ctx, _endpoint, number) =>
          this.revisions.find(({ revision }) => revision === number)!,
        sums: async (_ctx, id) => ({
          life: this.life,
          variants: this.revisions
            .find((one) => one.id === id)!
            .variants.flatMap(({ role }): VariantSums[] => {
              const found = this.counts.get(`${id} ${role}`);
              return found ? [{ role, ...found, latency: [...found.latency] }] : [];
            }),
        }),
      },
    };
  }

  get current(): Revision | undefined {
    return this.revisions.findLast(({ state }) => state === 'live');
  }

  /** A ctx on the database of a server, in this world's time; nobody takes the jobs. */
  ctx(server: TestServer): Ctx {
    const queue = { enqueue: () => Promise.resolve(newId(this.now)) };
    return createCtx({ ...server.parts, queue, clock: { now: () => this.now } }, server.ctx);
  }

  /** It is live at once, and the one before is not, as far as the transaction it was asked for in commits. */
  add(
    ctx: Ctx,
    {
      variants,
      ...more
    }: Pick<Revision, 'variants' | 'cause'> & {
      [K in 'restores' | 'asked_by' | 'note']?: Revision[K] | undefined;
    },
  ): Revision {
    const { current } = this;
    const revision = this.revisions.length + 1;
    const id = newId(this.now + revision);
    // Of a revision the release reads these.
    const made = {
      id,
      ref: `revision:${id}`,
      endpoint: 'late',
      revision,
      sticky: true,
      strict: false,
      state: 'live',
      created_by: ctx.actor.name,
      variants: variants.map((one) => ({ ...one })),
      ...more,
    } as Revision;
    this.revisions.push(made);
    if (current) current.state = 'superseded';
    return made;
  }

  private expected(expects: number | undefined): void {
    if (expects !== (this.current?.revision ?? 0)) throw conflict('the endpoint has changed meanwhile');
  }

  /** Counters of planes begin anew. */
  restart(): void {
    this.life += '+';
    this.counts.clear();
  }

  /** Callers come between two looks. */
  private pass(): void {
    this.now += this.look;
    const { current } = this;
    if (!current) return;
    const requests = this.poisson((this.rate * this.look) / 1000);
    for (const { role, percent } of current.variants) {
      const share = (requests * percent) / 100;
      const asked = percent === 100 ? requests : this.poisson(share);
      if (role !== 'shadow') this.met.all += asked;
      const onTrial = role !== 'champion';
      if (role === 'canary') this.met.trial += asked;
      this.answer(`${current.id} ${role}`, asked, onTrial ? this.trial : this.primary);
    }
  }

  private answer(key: string, asked: number, { errors, slow, spread }: Manner): void {
    const found = this.counts.get(key) ?? {
      requests: 0,
      failed: 0,
      latency: Array.from({ length: LATENCY_EDGES.length + 1 }, () => 0),
    };
    this.counts.set(key, found);
    found.requests += asked;
    const failed = Math.min(asked, this.poisson(asked * errors));
    found.failed += failed;
    for (const [bucket, share] of sharesOf(slow, spread))
      found.latency[bucket]! += this.poisson((asked - failed) * share);
  }

  private poisson(mean: number): number {
    if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.r.normal()));
    let k = -1;
    for (let left = 1, least = Math.exp(-mean); left > least; k++) left *= this.r.uniform();
    return Math.max(0, k);
  }
}

const known = new Map<string, Array<[number, number]>>();

/** Shares of a log-normal around 10 ms in the buckets. */
function sharesOf(slow: number, spread: number): Array<[bucket: number, share: number]> {
  const key = `${slow} ${spread}`;
  const found = known.get(key);
  if (found) return found;
  const above = (ms: number): number => normalTail(Math.log(ms / (10 * slow)) / spread);
  const shares = Array.from({ length: LATENCY_EDGES.length + 1 }, (_one, bucket): [number, number] => [
    bucket,
    (bucket === 0 ? 1 : above(LATENCY_EDGES[bucket - 1]!)) -
      (bucket === LATENCY_EDGES.length ? 0 : above(LATENCY_EDGES[bucket]!)),
  ]).filter(([, share]) => share > 1e-9);
  known.set(key, shares);
  return shares;
}
