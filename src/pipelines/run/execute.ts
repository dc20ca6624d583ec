// One execution from start to end. Longer than other files: its states and transitions are best read in one piece.
import { setTimeout as sleep } from 'node:timers/promises';
import { countRoom, revokeToken, revokeTokensOf } from '../../access/index.ts';
import type { Ctx, LineageEdge, Tx } from '../../platform/ctx/index.ts';
import { outwardMessageOf } from '../../platform/errors/index.ts';
import type { JobRun } from '../../platform/jobs/index.ts';
import { endMarked } from '../../platform/processes/index.ts';
import type {
  Attempt,
  CodeFile,
  DataInput,
  GateResult,
  Outcome,
  StepOutput,
  StepState,
} from '../contract.ts';
import type { Environment } from '../../environments/index.ts';
import type { Definition, RetryReason } from '../file/definition.ts';
import type { ParamValue } from '../file/param.ts';
import { readPipelineFileAside } from '../file/read-aside.ts';
import { lookUp } from '../plan/cache.ts';
import { createCodeDigests, type CodeDigests } from '../plan/code-digests.ts';
import { inputPath, keyOf, keyParts, type KeyParts } from '../plan/parts.ts';
import { explainer, readManifestBlob, type Explainer } from '../plan/reasons.ts';
import { compareExecutions } from '../reproduce/compare.ts';
import {
  lastTransition,
  selectExecution,
  selectSteps,
  updateExecution,
  type ExecutionRow,
  type StepRow,
} from '../store.ts';
import type { Collected, Handle } from './back-end.ts';
import type { Engine } from './engine.ts';
import { cancelledBy } from './cancelled.ts';
import { createIdentity, PROLONG_EVERY, prolongTokens, type Identity } from './identity.ts';
import { move, saveNodes, type Node } from './node.ts';
import { sampleOf, type ExecutionOptions } from './options.ts';
import { prepareEnvironments } from './prepare-environments.ts';
import { DONE, due, ENDED, type Move } from './progress.ts';
import { registerModel, type Registered } from './register-model.ts';
import { deletedMeanwhile, endStepRun, logFirstMetrics, type EndState } from './tracker.ts';
import { sampleData } from './sample-data.ts';
import { tryStep } from './try-step.ts';
import { wishOf, type Wish } from './wish.ts';

const MOST_ATTEMPT_LOG = 20;
const LOST: Outcome = { reason: 'lost', message: 'the server stopped while it ran' };

/** Runs an execution, or goes on with one that a crash cut short. Every write is refused once another attempt holds the job. */
export async function execute(ctx: Ctx, id: string, job: JobRun, engine: Engine): Promise<void> {
  const row = await selectExecution(ctx, id);
  if (row.state !== 'queued' && row.state !== 'running') return;
  const cancel = new AbortController();
  engine.cancels.set(id, cancel);
  // Where other servers share the database, the one that was asked may not be this one.
  const watch = ctx.dialect.shared ? setInterval(() => void askedToCancel(ctx, id, cancel), 1000) : undefined;
  try {
    if (row.cancel_by !== null) cancel.abort(cancelledBy());
    await new Drive(ctx, row, job, engine, cancel.signal).run();
  } finally {
    clearInterval(watch);
    engine.cancels.delete(id);
    engine.hub.changed(id);
  }
}

async function askedToCancel(ctx: Ctx, id: string, cancel: AbortController): Promise<void> {
  const row = await selectExecution(ctx, id).catch(() => undefined);
  if (row && row.cancel_by !== null) cancel.abort(cancelledBy());
}

/**
 * What is in memory here may be gone at any moment: everything that another server needs to go on is a row before it is done, and a
 * handle is stored before its process begins (docs/decisions/steps.md). Stored the other way round, a crash between the two would leave
 * a process that nobody knows, and the step would run twice.
 */
class Drive {
  readonly #ctx: Ctx;
  readonly #row: ExecutionRow;
  readonly #job: JobRun;
  readonly #engine: Engine;
  readonly #cancelled: AbortSignal;
  /** Aborts for a cancel, for the stop of the server, and when the lease is lost: processes end at once. */
  readonly #signal: AbortSignal;
  readonly #options: ExecutionOptions;
  readonly #params: Record<string, ParamValue>;
  readonly #data: Map<string, DataInput>;
  readonly #nodes = new Map<string, Node>();
  /** Those that have not been taken up: the only ones that are looked through when a step ends. */
  readonly #waiting = new Set<Node>();
  readonly #outputs = new Map<string, StepOutput>();
  readonly #identity: Identity;
  /** Or why there are none. A step that was adopted does not wait for them, and its next try does. */
  readonly #environments = Promise.withResolvers<ReadonlyMap<string, Environment> | Outcome>();
  #prepared: ReadonlyMap<string, Environment> | undefined;
  readonly #finished = Promise.withResolvers<void>();
  /** Aborts when this driver itself cannot go on. */
  readonly #broken = new AbortController();
  readonly #tasks = new Set<Promise<void>>();
  #definition!: Definition;
  #code: CodeFile[] = [];
  #codeDigests!: CodeDigests;
  #explain!: Explainer;
  #settling = 0;
  /** Of the last transition that is stored or waits for it. */
  #told = 0;

  constructor(ctx: Ctx, row: ExecutionRow, job: JobRun, engine: Engine, cancelled: AbortSignal) {
    this.#ctx = ctx;
    this.#row = row;
    this.#job = job;
    this.#engine = engine;
    this.#identity = createIdentity(ctx, row);
    this.#cancelled = cancelled;
    this.#signal = AbortSignal.any([cancelled, job.signal, this.#broken.signal]);
    this.#finished.promise.catch(() => undefined); // it is awaited in `run`, perhaps later than it fails
    this.#environments.promise.catch(() => undefined); // nobody may wait for it
    // These columns were written by `createExecution`.
    this.#options = JSON.parse(row.options) as ExecutionOptions;
    this.#params = Object.fromEntries(
      (JSON.parse(row.params) as Array<{ name: string; value: ParamValue }>).map(({ name, value }) => [
        name,
        value,
      ]),
    );
    this.#data = new Map((JSON.parse(row.data) as DataInput[]).map((input) => [input.name, input]));
  }

  get #file(): string {
    return this.#options.file ?? 'treadle.yaml';
  }

  async run(): Promise<void> {
    const prolong = setInterval(() => void this.#prolong(), PROLONG_EVERY).unref();
    try {
      await this.#begin();
      const failure = (await this.#sample()) ?? (await this.#prepareEnvironments());
      if (failure) await this.#failAll(failure);
      else if (this.#cancelled.aborted) await this.#endCancelled();
      else await this.#settle();
      this.#checkFinished();
      const onCancel = (): void =>
        void this.#endCancelled().then(() => this.#checkFinished(), this.#finished.reject);
      if (this.#cancelled.aborted) onCancel();
      else this.#cancelled.addEventListener('abort', onCancel, { once: true });
      await this.#finished.promise;
      this.#job.signal.throwIfAborted();
      await this.#finish();
    } finally {
      clearInterval(prolong);
      // Whatever happened, nothing of this execution runs on without its driver.
      this.#broken.abort();
      this.#environments.reject(new Error('the execution has ended'));
      await Promise.all(this.#tasks);
      await this.#identity.abandon();
      await this.#engine.backEnd.clear(this.#row.id);
    }
  }

  async #prolong(): Promise<void> {
    const ids = [...this.#nodes.values()].flatMap(({ state, row }) =>
      state === 'running' && row.token_id !== null ? [row.token_id] : [],
    );
    await this.#ctx
      .write((tx) => prolongTokens(tx, ids))
      .catch((error: unknown) => this.#ctx.log.warn('tokens of steps could not be prolonged', { error }));
  }

  /** Takes up the rows. What ran when a server ended is gone on with where its back end has adopted it, and waits to run again where not. */
  async #begin(): Promise<void> {
    const { definition } = await readPipelineFileAside(this.#row.file);
    if (!definition) throw new Error(`the file of execution ${this.#row.id} can no longer be read`);
    this.#definition = definition;
    this.#code = await readManifestBlob(this.#ctx, this.#row.manifest);
    this.#codeDigests = createCodeDigests(this.#code, this.#file);
    this.#told = await lastTransition(this.#ctx, this.#row.id);
    const rows = new Map((await selectSteps(this.#ctx, this.#row.id)).map((row) => [row.name, row]));
    const steps = definition.steps.filter(({ name }) => rows.has(name));
    this.#explain = explainer(this.#ctx, {
      pipeline: this.#row.pipeline,
      before: this.#row.id,
      steps,
      code: this.#code,
      pipelineFile: this.#file,
    });
    const now = this.#ctx.clock.now();
    const back: Node[] = [];
    const lostRuns: string[] = [];
    const adopted: Node[] = [];
    for (const step of steps) {
      const row = rows.get(step.name)!;
      const outputs = JSON.parse(row.outputs) as StepOutput[];
      const node: Node = {
        step,
        row,
        state: row.state as StepState,
        outputs,
        parts: row.parts === null ? undefined : (JSON.parse(row.parts) as KeyParts),
        handle: undefined,
        unsaved: [],
      };
      this.#nodes.set(step.name, node);
      if (DONE.has(node.state)) this.#remember(step.name, outputs);
      if (node.state === 'ready') {
        this.#move(node, 'requeued');
        back.push(node);
      } else if (node.state === 'running') {
        const handle = await this.#adopted(row);
        if (handle) {
          node.handle = handle;
          adopted.push(node);
          continue;
        }
        if (row.run_id !== null) lostRuns.push(row.run_id);
        const attempts = withAttempt(row, LOST, now);
        this.#move(node, 'lost', { attempts, run_id: null, handle: null, token_id: null, mark: null });
        back.push(node);
      }
    }
    for (const node of this.#nodes.values()) this.#waiting.add(node);
    await this.#ctx.write(async (tx) => {
      await updateExecution(tx, this.#row.id, {
        state: 'running',
        ...(this.#row.started_at === null ? { started_at: now } : {}),
      });
      await saveNodes(tx, back);
      // A crash left them: nobody ends what a dead server made.
      await revokeTokensOf(tx, this.#row.id, new Set(adopted.flatMap(({ row }) => row.token_id ?? [])));
      await prolongTokens(
        tx,
        adopted.flatMap(({ row }) => row.token_id ?? []),
      );
      for (const run of lostRuns)
        await endStepRun(tx, run, { outcome: LOST, at: now, metrics: [], samples: [], resources: undefined });
      await tx.emit({
        type: 'execution.started',
        subject: `execution:${this.#row.id}`,
        data: { pipeline: this.#row.pipeline, number: this.#row.number },
      });
    });
    this.#changed();
    for (const node of adopted) this.#launch(node);
  }

  /** Its handle, when its back end still has it. */
  async #adopted(row: StepRow): Promise<Handle | undefined> {
    if (row.mark !== null) endMarked(new Set([row.mark])); // of a version whose steps ended with their server
    if (row.handle === null) return undefined;
    const handle = JSON.parse(row.handle) as Handle; // written by us
    const { execution_id: execution, name, attempt } = row;
    const found = await this.#engine.backEnd.adopt({ execution, name, attempt }, handle);
    return found === 'lost' ? undefined : handle;
  }

  #move(node: Node, to: Move, change: Partial<StepRow> = {}, reason: string | null = null): void {
    move(node, () => ++this.#told, to, this.#ctx.clock.now(), change, reason);
  }

  #remember(step: string, outputs: readonly StepOutput[]): void {
    for (const output of outputs) this.#outputs.set(`${step}.${output.name}`, output);
  }

  /** Of a check on a part of the data: what it reads from here on. Returns what went wrong. */
  async #sample(): Promise<Outcome | undefined> {
    const share = this.#options.ci?.sample;
    if (share === undefined) return undefined;
    const key = this.#definition.gate?.spec.key ?? [];
    try {
      const data = await sampleData(this.#ctx, this.#engine, this.#row, {
        data: [...this.#data.values()],
        asked: { share, key, signal: this.#signal },
      });
      for (const input of data) this.#data.set(input.name, input);
      return undefined;
    } catch (error) {
      this.#job.signal.throwIfAborted();
      if (this.#cancelled.aborted) return undefined;
      return { reason: 'input', message: outwardMessageOf(error) };
    }
  }

  /** Returns what went wrong. */
  async #prepareEnvironments(): Promise<Outcome | undefined> {
    const open = [...this.#nodes.values()].filter(({ state }) => !ENDED.has(state));
    try {
      const made = await prepareEnvironments(this.#ctx, this.#engine, this.#row, {
        envs: open.map(({ step }) => step.env),
        code: this.#code,
        instead: this.#options.environment,
        signal: this.#signal,
      });
      this.#prepared = made;
      this.#environments.resolve(made);
      return undefined;
    } catch (error) {
      this.#job.signal.throwIfAborted();
      const failure: Outcome = this.#cancelled.aborted
        ? { reason: 'cancelled', message: 'it was cancelled' }
        : { reason: 'environment', message: outwardMessageOf(error) };
      this.#environments.resolve(failure);
      return this.#cancelled.aborted ? undefined : failure;
    }
  }

  /**
   * Finds what may go on now, decides from the cache, and writes all of it in one transaction with `write`, the end of the step
   * that made it possible. Only after the commit do processes start.
   */
  async #settle(ended?: Node, write?: (tx: Tx) => Promise<void>): Promise<void> {
    this.#settling++;
    try {
      const changed: Node[] = [];
      const hits: Array<{ node: Node; run: string | null }> = [];
      const ready: Node[] = [];
      for (let candidates = this.#claim(changed); candidates.length > 0; candidates = this.#claim(changed)) {
        await this.#decide(candidates, hits, ready);
        changed.push(...candidates);
      }
      await this.#ctx.write(async (tx) => {
        await saveNodes(tx, ended ? [ended, ...changed] : changed);
        await write?.(tx);
        const edges = hits.flatMap(({ run }): LineageEdge[] =>
          run === null ? [] : [{ from: `execution:${this.#row.id}`, to: `run:${run}`, relation: 'reused' }],
        );
        if (hits.length > 0)
          await tx.record({
            action: 'steps.reused',
            resource: `execution:${this.#row.id}`,
            after: { steps: hits.map(({ node }) => node.step.name) },
            edges,
          });
        if (changed.length > 0)
          await tx.emit({ type: 'execution.updated', subject: `execution:${this.#row.id}` });
      });
      this.#changed();
      if (ended) this.#forget(ended);
      for (const node of ready) this.#launch(node);
    } finally {
      this.#settling--;
    }
  }

  /** What is due of those that wait: what can never run is skipped, until nothing more follows from that. Nothing is begun by it. */
  #claim(changed: Node[]): Node[] {
    if (!this.#prepared) return []; // a step that was adopted has ended already; all others are looked at soon
    for (;;) {
      for (const node of this.#waiting) if (node.state !== 'waiting') this.#waiting.delete(node);
      const waiting = [...this.#waiting].map((node) => ({
        name: node.step.name,
        needs: node.step.needs,
        node,
      }));
      const { met, blocked } = due(waiting, (name) => this.#nodes.get(name)?.state);
      for (const { step, by, state } of blocked) {
        const text = `step '${by}' ${state === 'skipped' ? 'was skipped' : state}`;
        this.#move(step.node, 'skipped', {
          ended_at: this.#ctx.clock.now(),
          reasons: JSON.stringify([{ part: 'skipped', text }]),
        });
        changed.push(step.node);
      }
      if (blocked.length > 0) continue;
      if (this.#cancelled.aborted) return [];
      // Taken out at once, so that nobody takes them twice while they are decided on.
      for (const { node } of met) this.#waiting.delete(node);
      return met.map(({ node }) => node);
    }
  }

  async #decide(
    candidates: readonly Node[],
    hits: Array<{ node: Node; run: string | null }>,
    ready: Node[],
  ): Promise<void> {
    const now = this.#ctx.clock.now();
    for (const node of candidates) {
      const parts = await keyParts(node.step, {
        definition: this.#definition,
        params: this.#params,
        code: this.#codeDigests.of,
        environment: ({ env }) => this.#prepared!.get(env)!.identity,
        sample: sampleOf(this.#options),
        secrets: ({ secrets }) => this.#engine.secrets.labels(this.#ctx, secrets),
        input: (_step, input) => {
          if (input.kind === 'data')
            return { digest: this.#data.get(input.name)!.hash, path: inputPath(input, undefined) };
          const output = this.#outputs.get(`${input.step}.${input.output}`);
          return output && { digest: output.digest, path: inputPath(input, output) };
        },
      });
      if (!parts) throw new Error(`step ${node.step.name} was taken up before its inputs were there`);
      node.parts = parts;
      Object.assign(node.row, { key: keyOf(parts), parts: JSON.stringify(parts), ready_at: now });
    }
    const asked = candidates.filter(({ step }) => step.cache.use && this.#options.force !== true);
    const found = await lookUp(
      this.#ctx,
      asked.map(({ step, row }) => ({ step, key: row.key! })),
    );
    for (const node of candidates) {
      const answer =
        this.#options.force === true ? 'forced' : !node.step.cache.use ? 'off' : found.get(node.row.key!)!;
      if (typeof answer === 'object') {
        const { row: from, outputs } = answer;
        node.outputs = outputs;
        this.#remember(node.step.name, outputs);
        this.#move(node, 'reused', {
          ended_at: now,
          outputs: from.outputs,
          run_id: from.run_id,
          log_hash: from.log_hash,
          log_bytes: from.log_bytes,
          reasons: JSON.stringify(await this.#explain.hit(answer)),
          cached_from: JSON.stringify({
            execution: from.execution_id,
            step: from.name,
            pipeline: from.pipeline,
            run_id: from.run_id ?? undefined,
          }),
        });
        hits.push({ node, run: from.run_id });
      } else {
        this.#move(node, 'ready', {
          reasons: JSON.stringify(await this.#explain.miss(node.step, node.parts!, answer)),
        });
        ready.push(node);
      }
    }
  }

  #launch(node: Node): void {
    const task = this.#runStep(node)
      .catch((error: unknown) => this.#finished.reject(error))
      .finally(() => {
        this.#tasks.delete(task);
        this.#checkFinished();
      });
    this.#tasks.add(task);
  }

  #checkFinished(): void {
    if (this.#tasks.size > 0 || this.#settling > 0) return;
    if ([...this.#nodes.values()].every(({ state }) => ENDED.has(state)) || this.#signal.aborted)
      this.#finished.resolve();
  }

  async #runStep(node: Node): Promise<void> {
    const { step } = node;
    for (;;) {
      const result = await tryStep(this.#ctx, this.#engine, node, {
        execution: this.#row,
        params: this.#params,
        data: this.#data,
        code: this.#code,
        pipelineFile: this.#file,
        outputs: this.#outputs,
        environments: this.#environments.promise,
        identity: this.#identity,
        count: () => ++this.#told,
        signal: this.#signal,
      });
      this.#job.signal.throwIfAborted();
      if (!result) return this.#settle(node, this.#cancelNode(node));
      const { outcome } = result;
      const tries = (JSON.parse(node.row.attempts) as Attempt[]).filter(
        (one) => one.outcome.reason !== 'lost',
      ).length;
      const again =
        outcome.reason !== 'ok' &&
        !this.#cancelled.aborted &&
        tries < step.retry.times &&
        step.retry.when.includes(outcome.reason as RetryReason);
      if (!again) return this.#endStep(node, result);
      await this.#endTry(node, result);
      await sleep(step.retry.backoff * 2 ** tries, undefined, { signal: this.#signal }).catch(
        () => undefined,
      );
      this.#job.signal.throwIfAborted();
      if (this.#cancelled.aborted) return this.#settle(node, this.#cancelNode(node));
    }
  }

  /** The end of a try that is followed by another. */
  async #endTry(
    node: Node,
    { outcome, log, resources, samples, endedAt, ...result }: Collected,
  ): Promise<void> {
    const { run_id: run, token_id: token } = node.row;
    const metrics = await logFirstMetrics(this.#ctx, run, result.metrics, endedAt);
    this.#move(
      node,
      'retried',
      {
        attempts: withAttempt(node.row, outcome, endedAt),
        log_hash: log?.hash ?? null,
        log_bytes: log?.size ?? 0,
        handle: null,
        token_id: null,
      },
      outcome.reason,
    );
    await this.#ctx.write(async (tx) => {
      await saveNodes(tx, [node]);
      if (run !== null) await endStepRun(tx, run, { outcome, at: endedAt, metrics, samples, resources });
      if (token !== null) await revokeToken(tx, token);
      await tx.emit({
        type: 'step.retried',
        subject: `execution:${this.#row.id}`,
        data: { step: node.step.name, reason: outcome.reason },
      });
    });
    this.#forget(node);
    this.#changed();
  }

  /** Only once its end is stored: until then the next server would need it. */
  #forget(node: Node): void {
    const { handle } = node;
    node.handle = undefined;
    if (handle)
      void this.#engine.backEnd
        .forget(handle)
        .catch((error: unknown) =>
          this.#ctx.log.warn('what a step leaves could not be removed', { step: node.step.name, error }),
        );
  }

  /** State, outputs, run, ledger, event, and what can go on now: one transaction. */
  async #endStep(node: Node, result: Collected): Promise<void> {
    const { step, row } = node;
    const { outputs, log, resources, samples, endedAt: at } = result;
    const deleted = await deletedMeanwhile(this.#ctx, row.run_id);
    const metrics = await logFirstMetrics(this.#ctx, row.run_id, result.metrics, at);
    const cancelled = this.#cancelled.aborted && result.outcome.reason !== 'ok';
    const outcome: Outcome = cancelled
      ? { ...result.outcome, reason: 'cancelled', message: 'it was cancelled' }
      : deleted === undefined
        ? result.outcome
        : { ...result.outcome, warnings: [...(result.outcome.warnings ?? []), deleted] };
    const state = cancelled ? 'cancelled' : outcome.reason === 'ok' ? 'succeeded' : 'failed';
    const token = row.token_id;
    const counted = outputs.reduce((sum, { size }) => sum + size, log?.size ?? 0);
    node.outputs = outputs;
    if (state === 'succeeded') this.#remember(step.name, outputs);
    this.#move(
      node,
      state,
      {
        ended_at: at,
        outcome: JSON.stringify(outcome),
        outputs: JSON.stringify(outputs),
        resources: resources ? JSON.stringify(resources) : null,
        log_hash: log?.hash ?? null,
        log_bytes: log?.size ?? 0,
        counted,
        handle: null,
        token_id: null,
        mark: null,
      },
      outcome.reason,
    );
    const upstream = step.inputs.flatMap((input) =>
      input.kind === 'output' ? (this.#nodes.get(input.step)?.row.run_id ?? []) : [],
    );
    const run = row.run_id;
    await this.#settle(node, async (tx) => {
      await countRoom(tx, 'bytes', counted);
      if (run !== null) await endStepRun(tx, run, { outcome, at, metrics, samples, resources });
      if (token !== null) await revokeToken(tx, token);
      await tx.record({
        action: `step.${state}`,
        resource: `execution:${this.#row.id}`,
        after: {
          step: step.name,
          key: row.key,
          run,
          reason: outcome.reason,
          outputs: outputs.map(({ name, digest, size }) => ({ name, digest, size })),
        },
        edges:
          run === null
            ? []
            : [
                { from: `run:${run}`, to: `execution:${this.#row.id}`, relation: 'part-of' },
                ...[...new Set(upstream)].map((from) => ({
                  from: `run:${run}`,
                  to: `run:${from}`,
                  relation: 'read',
                })),
                ...outputs.map(({ digest }) => ({
                  from: `run:${run}`,
                  to: `blob:${digest}`,
                  relation: 'produced',
                })),
              ],
      });
      await tx.emit({
        type: `step.${state}`,
        subject: `execution:${this.#row.id}`,
        data: { step: step.name, reason: outcome.reason },
      });
    });
  }

  #cancelNode(node: Node): (tx: Tx) => Promise<void> {
    const at = this.#ctx.clock.now();
    const outcome: Outcome = { reason: 'cancelled', message: 'it was cancelled' };
    const run = node.state === 'running' ? node.row.run_id : null;
    const token = node.row.token_id;
    this.#move(node, 'cancelled', {
      ended_at: at,
      outcome: JSON.stringify(outcome),
      handle: null,
      token_id: null,
    });
    return async (tx) => {
      if (run !== null)
        await endStepRun(tx, run, { outcome, at, metrics: [], samples: [], resources: undefined });
      if (token !== null) await revokeToken(tx, token);
    };
  }

  /** Steps that have not begun are cancelled at once; those that run end by their own signal. */
  async #endCancelled(): Promise<void> {
    await this.#endWaiting('cancelled', null);
    this.#changed();
  }

  /** What runs goes on to its own end. */
  #failAll(outcome: Outcome): Promise<void> {
    return this.#endWaiting('failed', outcome);
  }

  async #endWaiting(to: 'cancelled' | 'failed', outcome: Outcome | null): Promise<void> {
    const waiting = [...this.#waiting].filter(({ state }) => state === 'waiting');
    this.#waiting.clear();
    for (const node of waiting)
      this.#move(
        node,
        to,
        { ended_at: this.#ctx.clock.now(), outcome: outcome && JSON.stringify(outcome) },
        outcome?.reason ?? null,
      );
    await this.#ctx.write((tx) => saveNodes(tx, waiting));
  }

  async #finish(): Promise<void> {
    const { id, pipeline, number } = this.#row;
    const nodes = [...this.#nodes.values()];
    const failed = nodes.filter(({ state }) => state === 'failed');
    const cancelled = this.#cancelled.aborted && nodes.some(({ state }) => state === 'cancelled');
    let state: EndState = cancelled ? 'cancelled' : failed.length > 0 ? 'failed' : 'succeeded';
    let reason: string | null = null;
    if (state === 'failed')
      reason = failed
        .map(
          ({ step, row }) =>
            `${step.name}: ${(JSON.parse(row.outcome ?? '{}') as Partial<Outcome>).message ?? 'failed'}`,
        )
        .slice(0, 5)
        .join('; ');
    let model: Registered | undefined;
    let skipped: GateResult | undefined;
    if (state === 'succeeded' && this.#row.reproduces === null) {
      try {
        model = await this.#model();
      } catch (error) {
        state = 'failed';
        reason = `the model could not be registered: ${outwardMessageOf(error)}`;
        this.#ctx.log.warn('a model could not be registered', { execution: id, error });
      }
      const wish =
        model &&
        wishOf(this.#definition, {
          execution: id,
          data: this.#data,
          outputs: this.#outputs,
          force: this.#options.force === true,
          judgeOnly: this.#options.ci !== undefined,
        });
      if (model && wish && !('skipped' in wish)) return this.#handOver(model, wish);
      if (wish && 'skipped' in wish) skipped = wish.skipped;
    }
    if (state === 'cancelled')
      reason = `cancelled by ${(await selectExecution(this.#ctx, id)).cancel_by ?? 'somebody'}`;
    const comparison =
      this.#row.reproduces === null || state === 'cancelled'
        ? undefined
        : await compareExecutions(
            this.#ctx,
            this.#row,
            nodes.map(({ row }) => row),
          );
    const at = this.#ctx.clock.now();
    await this.#identity.settled();
    await this.#ctx.write(async (tx) => {
      await updateExecution(tx, id, {
        state,
        reason,
        ended_at: at,
        ...(model ? { model_version: JSON.stringify(model) } : {}),
        ...(skipped ? { gate: JSON.stringify(skipped) } : {}),
        ...(comparison ? { comparison: JSON.stringify(comparison.comparison) } : {}),
      });
      await this.#identity.end(tx, state, at);
      await comparison?.store(tx);
      await tx.record({
        action: `execution.${state}`,
        resource: `execution:${id}`,
        after: {
          pipeline,
          number,
          steps: Object.fromEntries(nodes.map(({ step, state: end }) => [step.name, end])),
          ...(model ? { model } : {}),
        },
        ...(reason === null ? {} : { reason }),
      });
      await tx.emit({
        type: `execution.${state}`,
        subject: `execution:${id}`,
        data: { pipeline, number, ...(model ? { model } : {}) },
      });
      await this.#job.finish(tx);
    });
  }

  /** The version that its steps made; where a version is checked that was registered elsewhere, that one. */
  async #model(): Promise<Registered | undefined> {
    const { change } = this.#options.ci ?? {};
    if (change?.kind === 'version_registered') return { name: change.model, version: change.version };
    return registerModel(
      this.#ctx,
      this.#row,
      this.#definition.model,
      this.#nodes.get(this.#definition.model?.step ?? '')?.row,
    );
  }

  /** The version is registered, and that is all that is done here: what the file asks for beyond it is a release. */
  async #handOver(model: Registered, wish: Wish): Promise<void> {
    const { id, pipeline, number } = this.#row;
    await this.#identity.settled();
    await this.#ctx.write(async (tx) => {
      await updateExecution(tx, id, { model_version: JSON.stringify(model), wish: JSON.stringify(wish) });
      await this.#identity.endToken(tx);
      await tx.record({
        action: 'execution.registered',
        resource: `execution:${id}`,
        after: { pipeline, number, model },
      });
      await tx.emit({
        type: 'execution.registered',
        subject: `execution:${id}`,
        data: { pipeline, number, model },
      });
      await this.#job.finish(tx);
    });
  }

  #changed(): void {
    this.#engine.hub.changed(this.#row.id);
  }
}

function withAttempt(row: StepRow, outcome: Outcome, at: number): string {
  const attempts = JSON.parse(row.attempts) as Attempt[];
  attempts.push({
    number: row.attempt,
    outcome,
    started_at: row.started_at ?? at,
    ended_at: at,
    ...(row.run_id === null ? {} : { run_id: row.run_id }),
  });
  return JSON.stringify(attempts.slice(-MOST_ATTEMPT_LOG));
}
