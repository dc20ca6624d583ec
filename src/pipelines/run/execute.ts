// One execution from start to end. Longer than other files: its states and transitions are best read in one piece.
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createToken, revokeToken } from '../../access/index.ts';
import type { Ctx, LineageEdge, Tx } from '../../platform/ctx/index.ts';
import { messageOf } from '../../platform/errors/index.ts';
import type { JobRun } from '../../platform/jobs/index.ts';
import { killMarked, newMark } from '../../platform/processes/index.ts';
import type {
  Attempt,
  CodeFile,
  DataInput,
  ExecutionState,
  Outcome,
  StepOutput,
  StepState,
} from '../contract.ts';
import type { Environment } from '../environments/environments.ts';
import type { EnvironmentSource } from '../environments/lock.ts';
import { environmentSource } from '../environments/source.ts';
import type { Definition, RetryReason, Step } from '../file/definition.ts';
import { readPipelineFile } from '../file/read.ts';
import type { Value } from '../file/schema.ts';
import { lookUp } from '../plan/cache.ts';
import { codeOf, inputPath, keyOf, keyParts, type KeyParts } from '../plan/parts.ts';
import { explainer, readManifestBlob, type Explainer } from '../plan/reasons.ts';
import { compareExecutions } from '../reproduce/compare.ts';
import {
  saveSteps,
  selectExecution,
  selectSteps,
  updateExecution,
  type ExecutionRow,
  type StepRow,
} from '../store.ts';
import {
  failedToPrepare,
  paramsFileOf,
  prepareFolder,
  removeFolder,
  runCommand,
  type AttemptPlan,
  type AttemptResult,
} from './attempt.ts';
import { capturedCode, capturedEnvironment } from './capture.ts';
import { attachOutput } from './attach-output.ts';
import type { Engine } from './engine.ts';
import { openLog } from './log-file.ts';
import { stepEnvironment } from './step-environment.ts';
import { endParentRun, endStepRun, ensureExperiment, startParentRun, startStepRun } from './tracker.ts';

/** How an execution was asked for. */
export interface ExecutionOptions {
  /** The pipeline file's path in the project, where it is not treadle.yaml. */
  file?: string;
  steps?: string[];
  force?: boolean;
  /** Blob of another requirements file, taken for every environment that has one. */
  environment?: string;
  tolerance?: number;
}

const DONE: readonly StepState[] = ['succeeded', 'cached'];
const ENDED: readonly StepState[] = ['succeeded', 'cached', 'failed', 'cancelled', 'skipped'];
const MOST_ATTEMPT_LOG = 20;

/** Runs an execution, or goes on with one that a crash cut short. Every write is refused once another attempt holds the job. */
export async function execute(ctx: Ctx, id: string, job: JobRun, engine: Engine): Promise<void> {
  const row = await selectExecution(ctx, id);
  if (row.state !== 'queued' && row.state !== 'running') return;
  const cancel = new AbortController();
  engine.cancels.set(id, cancel);
  // Where other servers share the database, the one that was asked may not be this one.
  const watch = ctx.dialect.shared ? setInterval(() => void askedToCancel(ctx, id, cancel), 1000) : undefined;
  try {
    if (row.cancel_by !== null) cancel.abort();
    await new Drive(ctx, row, job, engine, cancel.signal).run();
  } finally {
    clearInterval(watch);
    engine.cancels.delete(id);
    engine.hub.changed(id);
  }
}

async function askedToCancel(ctx: Ctx, id: string, cancel: AbortController): Promise<void> {
  const row = await selectExecution(ctx, id).catch(() => undefined);
  if (row && row.cancel_by !== null) cancel.abort();
}

interface Node {
  step: Step;
  row: StepRow;
  state: StepState;
  outputs: StepOutput[];
  parts: KeyParts | undefined;
}

class Drive {
  readonly #ctx: Ctx;
  readonly #row: ExecutionRow;
  readonly #job: JobRun;
  readonly #engine: Engine;
  readonly #cancelled: AbortSignal;
  /** Aborts for a cancel, for the stop of the server, and when the lease is lost: processes end at once. */
  readonly #signal: AbortSignal;
  readonly #options: ExecutionOptions;
  readonly #params: Record<string, Value>;
  readonly #data: Map<string, DataInput>;
  readonly #nodes = new Map<string, Node>();
  /** Those that have not been taken up: the only ones that are looked through when a step ends. */
  readonly #waiting = new Set<Node>();
  readonly #outputs = new Map<string, StepOutput>();
  readonly #environments = new Map<string, Environment>();
  readonly #finished = Promise.withResolvers<void>();
  /** Aborts when this driver itself cannot go on. */
  readonly #broken = new AbortController();
  readonly #tasks = new Set<Promise<void>>();
  #definition!: Definition;
  #code: CodeFile[] = [];
  #explain!: Explainer;
  #settling = 0;
  #ended = false;
  #token: Promise<{ id: string; secret: string }> | undefined;
  #parent: Promise<{ experiment: string; run: string }> | undefined;

  constructor(ctx: Ctx, row: ExecutionRow, job: JobRun, engine: Engine, cancelled: AbortSignal) {
    this.#ctx = ctx;
    this.#row = row;
    this.#job = job;
    this.#engine = engine;
    this.#cancelled = cancelled;
    this.#signal = AbortSignal.any([cancelled, job.signal, this.#broken.signal]);
    this.#finished.promise.catch(() => undefined); // it is awaited in `run`, perhaps later than it fails
    // These columns were written by `createExecution`.
    this.#options = JSON.parse(row.options) as ExecutionOptions;
    this.#params = Object.fromEntries(
      (JSON.parse(row.params) as Array<{ name: string; value: Value }>).map(({ name, value }) => [
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
    try {
      await this.#begin();
      const failure = await this.#prepareEnvironments();
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
      // Whatever happened, nothing of this execution runs on without its driver.
      this.#broken.abort();
      await Promise.all(this.#tasks);
      await this.#revoke();
      await rm(this.#engine.folderOf(this.#row.id), { recursive: true, force: true });
    }
  }

  /** Takes up the rows; what ran when a server died is ended for good and waits to run again. */
  async #begin(): Promise<void> {
    const { definition } = readPipelineFile(this.#row.file);
    if (!definition) throw new Error(`the file of execution ${this.#row.id} can no longer be read`);
    this.#definition = definition;
    this.#code = await readManifestBlob(this.#ctx, this.#row.manifest);
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
    const lost: StepRow[] = [];
    const lostRuns: string[] = [];
    for (const step of steps) {
      const row = rows.get(step.name)!;
      if (row.state === 'running' || row.state === 'ready') {
        if (row.state === 'running') {
          const outcome: Outcome = { reason: 'lost', message: 'the server stopped while it ran' };
          if (row.run_id !== null) lostRuns.push(row.run_id);
          row.attempts = withAttempt(row, outcome, now);
        }
        row.state = 'waiting';
        row.run_id = null;
        lost.push(row);
      }
      const outputs = JSON.parse(row.outputs) as StepOutput[];
      this.#nodes.set(step.name, {
        step,
        row,
        state: row.state as StepState,
        outputs,
        parts: row.parts === null ? undefined : (JSON.parse(row.parts) as KeyParts),
      });
      if (DONE.includes(row.state as StepState)) this.#remember(step.name, outputs);
    }
    for (const node of this.#nodes.values()) this.#waiting.add(node);
    killMarked(new Set(lost.flatMap(({ mark }) => mark ?? [])));
    await this.#ctx.write(async (tx) => {
      await updateExecution(tx, this.#row.id, {
        state: 'running',
        ...(this.#row.started_at === null ? { started_at: now } : {}),
      });
      await saveSteps(tx, lost);
      for (const run of lostRuns)
        await endStepRun(tx, run, {
          outcome: { reason: 'lost', message: 'the server stopped while it ran' },
          at: now,
          metrics: [],
          samples: [],
          resources: undefined,
        });
      await tx.emit({
        type: 'execution.started',
        subject: `execution:${this.#row.id}`,
        data: { pipeline: this.#row.pipeline, number: this.#row.number },
      });
    });
    this.#changed();
  }

  #remember(step: string, outputs: readonly StepOutput[]): void {
    for (const output of outputs) this.#outputs.set(`${step}.${output.name}`, output);
  }

  /** Makes the environments that are needed and not there. Returns what went wrong. */
  async #prepareEnvironments(): Promise<Outcome | undefined> {
    const log = openLog(this.#engine.logOf(this.#row.id, '_environment'));
    const say = (text: string): void => {
      log.write(Buffer.from(`${text}\n`));
      this.#changed();
    };
    try {
      for (const { step, state } of this.#nodes.values()) {
        if (ENDED.includes(state) || this.#environments.has(step.env)) continue;
        const source = await this.#sourceOf(step.env);
        this.#environments.set(
          step.env,
          await untilAborted(this.#engine.environments.prepare(source, say), this.#signal),
        );
      }
      const environments = Object.fromEntries(
        [...this.#environments].map(([name, { identity, observed }]) => [name, { identity, observed }]),
      );
      await this.#ctx.write((tx) =>
        updateExecution(tx, this.#row.id, { environments: JSON.stringify(environments) }),
      );
      return undefined;
    } catch (error) {
      this.#job.signal.throwIfAborted();
      if (this.#cancelled.aborted) return undefined;
      say(messageOf(error));
      return { reason: 'environment', message: messageOf(error) };
    } finally {
      log.close();
      if (log.size > 0 && !this.#job.signal.aborted) await this.#keepEnvironmentLog(log.path);
    }
  }

  async #keepEnvironmentLog(file: string): Promise<void> {
    const { hash } = await this.#ctx.blobs.put(createReadStream(file));
    await this.#ctx.write((tx) => updateExecution(tx, this.#row.id, { environment_log: hash }));
  }

  async #sourceOf(env: string): Promise<EnvironmentSource> {
    const other = this.#options.environment;
    if (env !== 'system' && other !== undefined)
      return { kind: 'requirements', text: (await this.#ctx.blobs.read(other)).toString('utf8') };
    return environmentSource(this.#ctx, env, this.#code);
  }

  /**
   * Finds what may go on now, decides from the cache, and writes all of it in one transaction with `write`, the end of the step
   * that made it possible. Only after the commit do processes start.
   */
  async #settle(write?: (tx: Tx) => Promise<void>): Promise<void> {
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
        await write?.(tx);
        await saveSteps(
          tx,
          changed.map(({ row }) => row),
        );
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
      for (const node of ready) this.#launch(node);
    } finally {
      this.#settling--;
    }
  }

  /** Steps whose needs are met, taken out of the waiting ones at once so that nobody takes them twice; those that never can are skipped. */
  #claim(changed: Node[]): Node[] {
    const candidates: Node[] = [];
    for (const node of this.#waiting) {
      if (node.state !== 'waiting') {
        this.#waiting.delete(node);
        continue;
      }
      const needs = node.step.needs.flatMap((name) => this.#nodes.get(name) ?? []);
      const blocked = needs.find(
        ({ state }) => state === 'failed' || state === 'skipped' || state === 'cancelled',
      );
      if (blocked) {
        this.#skip(
          node,
          `step '${blocked.step.name}' ${blocked.state === 'skipped' ? 'was skipped' : blocked.state}`,
        );
        changed.push(node);
      } else if (!this.#cancelled.aborted && needs.every(({ state }) => DONE.includes(state))) {
        node.state = 'ready';
        candidates.push(node);
      }
    }
    return candidates;
  }

  #skip(node: Node, why: string): void {
    node.state = 'skipped';
    Object.assign(node.row, {
      state: 'skipped',
      ended_at: this.#ctx.clock.now(),
      reasons: JSON.stringify([{ part: 'skipped', text: why }]),
    });
  }

  async #decide(
    candidates: readonly Node[],
    hits: Array<{ node: Node; run: string | null }>,
    ready: Node[],
  ): Promise<void> {
    const now = this.#ctx.clock.now();
    for (const node of candidates) {
      const parts = keyParts(node.step, {
        definition: this.#definition,
        params: this.#params,
        code: this.#code,
        pipelineFile: this.#file,
        environment: ({ env }) => this.#environments.get(env)!.identity,
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
        node.state = 'cached';
        node.outputs = outputs;
        this.#remember(node.step.name, outputs);
        Object.assign(node.row, {
          state: 'cached',
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
        Object.assign(node.row, {
          state: 'ready',
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
    if ([...this.#nodes.values()].every(({ state }) => ENDED.includes(state)) || this.#signal.aborted)
      this.#finished.resolve();
  }

  async #runStep(node: Node): Promise<void> {
    const { step } = node;
    for (;;) {
      const result = await this.#attempt(node);
      this.#job.signal.throwIfAborted();
      if (!result) return this.#settle(this.#cancelNode(node));
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
      if (this.#cancelled.aborted) return this.#settle(this.#cancelNode(node));
    }
  }

  /** One try. Undefined when it was cancelled before its process began. */
  async #attempt(node: Node): Promise<AttemptResult | undefined> {
    const { step, row } = node;
    const slots = await this.#engine.slots();
    const { total } = slots;
    const memory = step.resources.memory;
    if ((memory ?? 0) > total.memory || step.resources.gpu > total.gpu) return this.#impossible(node, total);
    // Cores are shared out, not walled off: a step that wants more than there are runs alone.
    const want = {
      cpu: Math.min(step.resources.cpu ?? 1, total.cpu),
      memory: memory ?? 0,
      gpu: step.resources.gpu,
    };
    const release = await slots.take(want, this.#signal).catch(() => undefined);
    if (!release) return undefined;
    const began = performance.now();
    row.attempt += 1;
    row.mark = newMark();
    const folder = path.join(this.#engine.folderOf(this.#row.id), `${step.name}-${row.attempt}`);
    const log = openLog(this.#engine.logOf(this.#row.id, step.name));
    const plan: AttemptPlan = {
      step,
      folder,
      code: codeOf(step, this.#code, this.#file),
      params: this.#params,
      data: this.#data,
      outputs: this.#outputs,
      mark: row.mark,
      memory,
      log,
      onOutput: () => this.#changed(),
      signal: this.#signal,
    };
    try {
      const environment = this.#environments.get(step.env)!;
      const [{ experiment, run }, { secret }, url, machine] = await Promise.all([
        this.#parentRun(),
        this.#accessToken(),
        this.#engine.url(),
        this.#engine.machine(),
      ]);
      const variables = (runId: string) =>
        stepEnvironment({
          step,
          folder,
          environment,
          params: this.#params,
          paramsFile: paramsFileOf(folder),
          execution: this.#row.id,
          tracking: { url, experiment, run: runId, token: secret },
        });
      const { determinism } = variables('');
      const prepared = prepareFolder(this.#ctx, plan).then(
        () => undefined,
        (error: unknown) => ({ error }),
      );
      const runId = await this.#ctx.write(async (tx) => {
        const made = await startStepRun(tx, {
          experiment,
          parent: run,
          name: `${step.name} #${this.#row.number}`,
          tags: {
            'treadle.pipeline': this.#row.pipeline,
            'treadle.execution': this.#row.id,
            'treadle.step': step.name,
            'treadle.key': row.key!,
          },
          params: Object.fromEntries(step.params.map((name) => [name, String(this.#params[name])])),
          code: capturedCode(this.#row, step, node.parts!.code),
          environment: capturedEnvironment(environment, machine, determinism),
          data: step.inputs.flatMap((input) => (input.kind === 'data' ? [this.#data.get(input.name)!] : [])),
        });
        Object.assign(row, {
          state: 'running',
          run_id: made,
          started_at: tx.clock.now(),
          ended_at: null,
          outcome: null,
        });
        await saveSteps(tx, [row]);
        await tx.emit({
          type: 'step.started',
          subject: `execution:${this.#row.id}`,
          data: { step: step.name, run: made },
        });
        return made;
      });
      node.state = 'running';
      const failed = await prepared;
      if (failed) {
        if (this.#signal.aborted) return undefined;
        return await failedToPrepare(this.#ctx, plan, failed.error);
      }
      return await runCommand(this.#ctx, this.#engine.processes, plan, variables(runId).variables, (at) => {
        row.started_at = at;
        row.start_delay_ms = Math.round((performance.now() - began) * 100) / 100;
        this.#changed();
      });
    } finally {
      log.close();
      release();
      void removeFolder(folder).catch((error: unknown) =>
        this.#ctx.log.warn('a step folder could not be removed', { folder, error }),
      );
    }
  }

  #impossible({ step }: Node, total: { memory: number; gpu: number }): AttemptResult {
    const what =
      step.resources.gpu > total.gpu
        ? `${step.resources.gpu} GPUs, and this machine has ${total.gpu}`
        : `${step.resources.memory} bytes of memory, and this machine can give ${Math.floor(total.memory)}`;
    return {
      outcome: { reason: 'input', message: `it asks for ${what}` },
      startedAt: undefined,
      outputs: [],
      log: undefined,
      resources: undefined,
      samples: [],
      metrics: [],
    };
  }

  /** The end of a try that is followed by another. */
  async #endTry(node: Node, { outcome, log, resources, samples, metrics }: AttemptResult): Promise<void> {
    const at = this.#ctx.clock.now();
    const run = node.row.run_id;
    await this.#ctx.write(async (tx) => {
      Object.assign(node.row, {
        state: 'ready',
        attempts: withAttempt(node.row, outcome, at),
        log_hash: log?.hash ?? null,
        log_bytes: log?.size ?? 0,
      });
      await saveSteps(tx, [node.row]);
      if (run !== null) await endStepRun(tx, run, { outcome, at, metrics, samples, resources });
      await tx.emit({
        type: 'step.retried',
        subject: `execution:${this.#row.id}`,
        data: { step: node.step.name, reason: outcome.reason },
      });
    });
    node.state = 'ready';
    this.#changed();
  }

  /** State, outputs, run, ledger, event, and what can go on now: one transaction. */
  async #endStep(node: Node, result: AttemptResult): Promise<void> {
    const { step, row } = node;
    const { outputs, log, resources, samples, metrics } = result;
    const at = this.#ctx.clock.now();
    const cancelled = this.#cancelled.aborted && result.outcome.reason !== 'ok';
    const outcome: Outcome = cancelled
      ? { ...result.outcome, reason: 'cancelled', message: 'it was cancelled' }
      : result.outcome;
    const state: StepState = cancelled ? 'cancelled' : outcome.reason === 'ok' ? 'succeeded' : 'failed';
    node.state = state;
    node.outputs = outputs;
    if (state === 'succeeded') this.#remember(step.name, outputs);
    Object.assign(row, {
      state,
      ended_at: at,
      outcome: JSON.stringify(outcome),
      outputs: JSON.stringify(outputs),
      resources: resources ? JSON.stringify(resources) : null,
      log_hash: log?.hash ?? null,
      log_bytes: log?.size ?? 0,
      mark: null,
    });
    const upstream = step.inputs.flatMap((input) =>
      input.kind === 'output' ? (this.#nodes.get(input.step)?.row.run_id ?? []) : [],
    );
    const run = row.run_id;
    await this.#settle(async (tx) => {
      await saveSteps(tx, [row]);
      if (run !== null) await endStepRun(tx, run, { outcome, at, metrics, samples, resources });
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
    node.state = 'cancelled';
    const at = this.#ctx.clock.now();
    const outcome: Outcome = { reason: 'cancelled', message: 'it was cancelled' };
    const run = node.row.state === 'running' ? node.row.run_id : null;
    Object.assign(node.row, {
      state: 'cancelled',
      ended_at: at,
      outcome: JSON.stringify(outcome),
      mark: null,
    });
    return async (tx) => {
      await saveSteps(tx, [node.row]);
      if (run !== null)
        await endStepRun(tx, run, { outcome, at, metrics: [], samples: [], resources: undefined });
    };
  }

  /** Steps that have not begun are cancelled at once; those that run end by their own signal. */
  async #endCancelled(): Promise<void> {
    const waiting = [...this.#nodes.values()].filter(({ state }) => state === 'waiting');
    const at = this.#ctx.clock.now();
    for (const node of waiting) {
      node.state = 'cancelled';
      Object.assign(node.row, { state: 'cancelled', ended_at: at });
    }
    await this.#ctx.write((tx) =>
      saveSteps(
        tx,
        waiting.map(({ row }) => row),
      ),
    );
    this.#changed();
  }

  async #failAll(outcome: Outcome): Promise<void> {
    const at = this.#ctx.clock.now();
    const open = [...this.#nodes.values()].filter(({ state }) => !ENDED.includes(state));
    for (const node of open) {
      node.state = 'failed';
      Object.assign(node.row, { state: 'failed', ended_at: at, outcome: JSON.stringify(outcome) });
    }
    await this.#ctx.write((tx) =>
      saveSteps(
        tx,
        open.map(({ row }) => row),
      ),
    );
  }

  async #finish(): Promise<void> {
    const { id, pipeline, number } = this.#row;
    const nodes = [...this.#nodes.values()];
    const failed = nodes.filter(({ state }) => state === 'failed');
    const cancelled = this.#cancelled.aborted && nodes.some(({ state }) => state === 'cancelled');
    let state: ExecutionState & ('succeeded' | 'failed' | 'cancelled') = cancelled
      ? 'cancelled'
      : failed.length > 0
        ? 'failed'
        : 'succeeded';
    let reason: string | null = null;
    if (state === 'failed')
      reason = failed
        .map(
          ({ step, row }) =>
            `${step.name}: ${(JSON.parse(row.outcome ?? '{}') as Partial<Outcome>).message ?? 'failed'}`,
        )
        .slice(0, 5)
        .join('; ');
    if (state === 'cancelled')
      reason = `cancelled by ${(await selectExecution(this.#ctx, id)).cancel_by ?? 'somebody'}`;
    let model: { name: string; version: string } | undefined;
    if (state === 'succeeded' && this.#row.reproduces === null) {
      try {
        model = await this.#registerModel();
      } catch (error) {
        state = 'failed';
        reason = `the model could not be registered: ${messageOf(error)}`;
        this.#ctx.log.warn('a model could not be registered', { execution: id, error });
      }
    }
    const comparison =
      this.#row.reproduces === null || state === 'cancelled'
        ? undefined
        : await compareExecutions(
            this.#ctx,
            this.#row,
            nodes.map(({ row }) => row),
          );
    const at = this.#ctx.clock.now();
    const parent = this.#parent && (await this.#parent);
    const token = this.#token && (await this.#token);
    await this.#ctx.write(async (tx) => {
      await updateExecution(tx, id, {
        state,
        reason,
        ended_at: at,
        ...(model ? { model_version: JSON.stringify(model) } : {}),
        ...(comparison ? { comparison: JSON.stringify(comparison.comparison) } : {}),
      });
      if (parent) await endParentRun(tx, parent.run, state, at);
      await comparison?.store(tx);
      if (token) await revokeToken(tx, token.id);
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
    this.#ended = true;
  }

  /** What was taken from the cache has its version already: the one of the execution that made it. */
  async #registerModel(): Promise<{ name: string; version: string } | undefined> {
    const { model } = this.#definition;
    const node = model && this.#nodes.get(model.step);
    const { registrar } = this.#engine;
    if (!model || !node || !registrar || node.row.run_id === null) return undefined;
    if (node.row.cached_from !== null) {
      const from = await selectExecution(
        this.#ctx,
        (JSON.parse(node.row.cached_from) as { execution: string }).execution,
      ).catch(() => undefined);
      const known =
        from?.model_version === null || from === undefined
          ? undefined
          : (JSON.parse(from.model_version) as { name: string; version: string });
      if (known?.name === model.name) return known;
    }
    const output = node.outputs.find(({ name }) => name === model.output);
    if (!output) return undefined;
    return registrar.register(this.#ctx, {
      name: model.name,
      run: node.row.run_id,
      source: await attachOutput(this.#ctx, node.row.run_id, output),
      description: `Made by step ${model.step} of ${this.#row.pipeline} in execution ${this.#row.number}.`,
      tags: {
        'treadle.pipeline': this.#row.pipeline,
        'treadle.execution': this.#row.id,
        'treadle.step': model.step,
      },
    });
  }

  #parentRun(): Promise<{ experiment: string; run: string }> {
    return (this.#parent ??= (async () => {
      const { experiment_id, run_id, id, pipeline, number } = this.#row;
      if (experiment_id !== null && run_id !== null) return { experiment: experiment_id, run: run_id };
      const experiment = await ensureExperiment(this.#ctx, pipeline);
      const run = await this.#ctx.write(async (tx) => {
        const made = await startParentRun(tx, {
          experiment,
          name: `${pipeline} #${number}`,
          tags: { 'treadle.pipeline': pipeline, 'treadle.execution': id },
          code: capturedCode(this.#row, undefined, ''),
        });
        await updateExecution(tx, id, { experiment_id: experiment, run_id: made });
        return made;
      });
      return { experiment, run };
    })());
  }

  /** What the steps' MLflow clients show: bound to this workspace, ended with the execution. */
  #accessToken(): Promise<{ id: string; secret: string }> {
    return (this.#token ??= createToken(this.#ctx, {
      name: `${this.#row.pipeline} #${this.#row.number}`,
      role: 'editor',
      workspace: this.#ctx.workspace,
      days: 30,
    }).then(({ token, secret }) => ({ id: token.id, secret })));
  }

  async #revoke(): Promise<void> {
    const token = await this.#token?.catch(() => undefined);
    if (token && !this.#ended)
      await revokeToken(this.#ctx, token.id).catch((error: unknown) =>
        this.#ctx.log.warn('the token of an execution could not be revoked', { error }),
      );
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

/** The promise, or a rejection as soon as the signal aborts. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new Error('cancelled'));
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
