import { ModelFault, mostRows, type Body, type LoadedModel, type Tensor } from '../../runtimes/index.ts';
import { unavailable } from '../../platform/errors/index.ts';
import { join, rowsOf } from './join.ts';
import { Pace } from './pace.ts';
import type { Question } from './plane.ts';

/** One question in a model's queue. */
export interface Job {
  inputs: ReadonlyArray<Tensor | undefined>;
  /** Rows to join with others'; 0: it goes alone. */
  rows: number;
  params: Record<string, unknown> | undefined;
  /** Any data instead of tensors. */
  body?: Body | undefined;
  /** On the clock of `performance.now()`. */
  deadline: number;
  /** Who waits for the answer, where that is known. */
  readonly caller?: Question['caller'];
  /** When the model was asked, on the same clock; of a question in pieces, for the first of them. */
  begun?: number;
  /** `batch`: the first answer of a batch counts it. */
  settle(
    error: Error | undefined,
    outputs: Tensor[] | undefined,
    body: string | undefined,
    firstOfBatch: boolean,
  ): void;
}

/**
 * A loaded model and the questions that wait for it. What comes in while the event loop reads sockets is flushed as one batch
 * right after it, or as soon as the model is free: no timer, so batching adds no idle wait.
 */
export class Lane {
  readonly model: LoadedModel;
  readonly pace = new Pace();
  private queue: Job[] = [];
  private rows = 0;
  private running = 0;
  private scheduled = false;
  /** Questions that are asked in pieces. */
  private pieces = 0;
  /** Batches that may be under way at once. */
  private readonly slots: number;
  /** Inputs whose only free dimension is the rows can always be joined. */
  private readonly plain: boolean;
  private whenIdle: (() => void) | undefined;
  /** Nothing is asked any more. */
  closed = false;

  private readonly fault: (error: unknown) => void;

  constructor(model: LoadedModel, fault: (error: unknown) => void) {
    this.model = model;
    this.fault = fault;
    this.slots = Math.max(1, model.place.limits.hosts);
    this.plain = model.spec.inputs.every(
      ({ shape, optional }) => optional !== true && shape.slice(1).every((length) => length >= 0),
    );
  }

  get waiting(): number {
    return this.queue.length;
  }

  get busy(): boolean {
    return this.running > 0 || this.queue.length > 0 || this.pieces > 0;
  }

  /** Whether a question may be put to it now. */
  get ready(): boolean {
    return !this.closed && this.model.ready;
  }

  /** How long a question asked now would wait for its answer, ms, by what batches took lately. */
  predicted(): number {
    if (this.queue.length === 0 && this.running < this.slots) return 0;
    const most = mostRows(this.model);
    const joined = this.model.spec.batchable;
    const batches = joined ? Math.ceil((this.rows + 1) / most) : this.queue.length + 1;
    const each = this.pace.of(joined ? Math.min(most, Math.max(1, this.rows)) : 1);
    return ((batches + this.running / 2) * each) / this.slots;
  }

  push(job: Job): void {
    // A Python model pays for every call, so it takes a large question as it is.
    const most = mostRows(this.model);
    if (job.rows > most && this.model.place.runtime === 'onnx') this.pushPieces(job, most);
    else this.enqueue(job);
  }

  /**
   * A question of many rows in pieces of a batch, one at a time: those who ask for one row get in between, and the event loop
   * gets to read them.
   */
  private pushPieces(job: Job, most: number): void {
    const answered: Tensor[][] = [];
    this.pieces++;
    const next = (from: number): void => {
      const to = Math.min(from + most, job.rows);
      const piece: Job = {
        inputs: job.inputs.map((input) => input && rowsOf([input], from, to, job.rows)[0]),
        rows: to - from,
        params: undefined,
        caller: job.caller,
        // Once begun its time is not over, or what is done would be for nothing; nobody may be left to wait for it, though.
        deadline: from === 0 ? job.deadline : Number.POSITIVE_INFINITY,
        settle: (error, outputs, _body, first) => {
          if (from === 0 && piece.begun !== undefined) job.begun = piece.begun;
          if (outputs) answered.push(outputs);
          if (outputs && to < job.rows) return void setImmediate(next, to);
          this.pieces--;
          const whole = outputs && (join(answered, job.rows) as Tensor[]);
          job.settle(error, whole, undefined, first);
        },
      };
      this.enqueue(piece);
    };
    next(0);
  }

  private enqueue(job: Job): void {
    this.queue.push(job);
    this.rows += job.rows;
    if (this.running >= this.slots) return;
    // Nothing more would join it. Also, a flood keeps the event loop reading: waiting for its end would only grow the queue.
    if (job.rows === 0 || this.rows >= this.model.place.limits.batch) return this.flush();
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(this.flush);
  }

  /**
   * Answers what has waited too long while the model was busy, and gives up what nobody waits for any more. A caller that ends
   * its side and still reads (`nc -N`) is not told from one that left; while the model is free it gets its answer all the same,
   also to a question in pieces, whose next one is between two turns of the event loop when this looks.
   */
  expire(now: number): void {
    const busy = this.running >= this.slots;
    const over = this.queue.filter((job) => job.deadline <= now || (busy && job.caller?.gone === true));
    if (over.length === 0) return;
    const given = new Set(over);
    this.queue = this.queue.filter((job) => !given.has(job));
    this.rows = this.queue.reduce((sum, job) => sum + job.rows, 0);
    for (const job of over)
      this.settle(job, job.deadline <= now ? late() : left(), undefined, undefined, false);
  }

  /** Ends the model after its last answer, unless `wanted` says by then that it is named again. */
  async close(wanted: () => boolean): Promise<void> {
    if (this.whenIdle) return; // somebody waits for that already
    if (this.busy) await new Promise<void>((resolve) => (this.whenIdle = resolve));
    this.whenIdle = undefined;
    if (this.closed || wanted()) return;
    this.closed = true;
    await this.model.close();
  }

  private readonly flush = (): void => {
    this.scheduled = false;
    while (this.running < this.slots && this.queue.length > 0) {
      const jobs = this.take();
      if (jobs.length > 0) void this.run(jobs);
    }
    if (!this.busy) this.whenIdle?.();
  };

  /** The next batch: from the front, as many as may be joined. */
  private take(): Job[] {
    const now = performance.now();
    const { queue } = this;
    const most = mostRows(this.model);
    const jobs: Job[] = [];
    let rows = 0;
    let end = 0;
    for (; end < queue.length; end++) {
      const job = queue[end]!;
      if (job.deadline <= now) {
        this.rows -= job.rows;
        this.settle(job, late(), undefined, undefined, false);
        continue;
      }
      if (jobs.length > 0) {
        const first = jobs[0]!;
        if (first.rows === 0 || job.rows === 0 || rows + job.rows > most) break;
        if (!this.plain && !alike(first.inputs, job.inputs)) break;
      }
      job.begun = now;
      jobs.push(job);
      rows += job.rows;
    }
    this.rows -= rows;
    this.queue = end === queue.length ? [] : queue.slice(end);
    return jobs;
  }

  private async run(jobs: Job[]): Promise<void> {
    this.running++;
    const began = performance.now();
    let rows = 0;
    for (const job of jobs) rows += job.rows;
    try {
      const first = jobs[0]!;
      if ('body' in first && first.body !== undefined) {
        const body = await this.ask(first, first.body);
        this.settle(first, undefined, undefined, body, true);
      } else if (jobs.length === 1) {
        const outputs = await this.model.run(
          first.inputs,
          first.params === undefined ? undefined : { params: first.params },
        );
        this.settle(first, undefined, outputs, undefined, true);
      } else {
        const outputs = await this.model.run(
          join(
            jobs.map(({ inputs }) => inputs),
            rows,
          ),
        );
        this.split(jobs, outputs, rows);
      }
      this.pace.took(Math.max(1, rows), performance.now() - began);
    } catch (error) {
      await this.failed(jobs, error instanceof Error ? error : new ModelFault(String(error)));
    }
    this.running--;
    // On to what came in meanwhile: the runner is free.
    if (!this.scheduled) this.flush();
  }

  /** What a face does with its answer must not end the batch of the others, nor the process. */
  private settle(
    job: Job,
    error: Error | undefined,
    outputs: Tensor[] | undefined,
    body: string | undefined,
    first: boolean,
  ): void {
    try {
      job.settle(error, outputs, body, first);
    } catch (thrown) {
      this.fault(thrown);
    }
  }

  private ask(job: Job, body: Body): Promise<string> {
    const { runJson } = this.model;
    if (!runJson) throw new ModelFault('the model does not take JSON of any form');
    return runJson.call(this.model, body, job.params === undefined ? undefined : { params: job.params });
  }

  private split(jobs: readonly Job[], outputs: readonly Tensor[], rows: number): void {
    for (const { name, shape } of outputs) {
      if (shape[0] !== rows)
        throw new ModelFault(
          `the model gave ${String(shape[0] ?? 'no')} rows in output '${name}' for a batch of ${rows}`,
        );
    }
    let at = 0;
    let first = true;
    for (const job of jobs) {
      const own = rowsOf(outputs, at, at + job.rows, rows);
      at += job.rows;
      this.settle(job, undefined, own, undefined, first);
      first = false;
    }
  }

  /** A question that the model chokes on must not fail those that happened to share its batch: each is asked alone. */
  private async failed(jobs: readonly Job[], error: Error): Promise<void> {
    const nobodyComputed = error instanceof ModelFault && error.retriable;
    if (jobs.length === 1 || nobodyComputed) {
      for (const job of jobs) this.settle(job, error, undefined, undefined, false);
      return;
    }
    for (const job of jobs) {
      try {
        const outputs = await this.model.run(job.inputs);
        this.settle(job, undefined, outputs, undefined, true);
      } catch (own) {
        this.settle(job, own instanceof Error ? own : error, undefined, undefined, false);
      }
    }
  }
}

const late = (): Error =>
  unavailable('the answer would have come too late: its time in the queue is over', {
    hint: 'ask again a little later, with fewer at once, or with a longer deadline',
  });

const left = (): Error => unavailable('the caller ended the connection while the question waited');

/** Equal in everything but the number of rows. What is left out is another question than the trial of joined rows asked. */
function alike(a: ReadonlyArray<Tensor | undefined>, b: ReadonlyArray<Tensor | undefined>): boolean {
  return a.every((left, index) => {
    const right = b[index];
    if (left === undefined || right === undefined) return false;
    return (
      left.shape.length === right.shape.length &&
      left.shape.every((length, axis) => axis === 0 || length === right.shape[axis])
    );
  });
}
