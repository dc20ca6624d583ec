import { invalid, limited, unavailable, type TreadleError } from '../../platform/errors/index.ts';
import { ModelFault, type Body, type Tensor } from '../../runtimes/index.ts';
import type { PredictionIds } from '../prediction-id.ts';
import { arrange } from './arrange.ts';
import type { Hooks } from './hooks/hook.ts';
import type { Job } from './lane.ts';
import type { Answer, Question } from './plane.ts';
import { notReady } from './refusals.ts';
import type { Route, Target } from './table.ts';

export type Done = (error: Error | undefined, answer?: Answer) => void;
export type DoneJson = (
  error: Error | undefined,
  answer?: Omit<Answer, 'outputs'> & { body: string },
) => void;
export type Asked = Omit<Question, 'inputs'> & { inputs?: readonly Tensor[]; body?: Body };

/** What every question of a plane shares. */
export interface Path {
  readonly ids: PredictionIds;
  readonly hooks: Hooks;
  /** As the table says now. */
  route(workspace: string, endpoint: string): Route | undefined;
}

/** A question from its first target to its answer: check, queue, answer. The one object that a request costs here. */
export class Ask implements Job {
  inputs: ReadonlyArray<Tensor | undefined> = [];
  rows = 0;
  readonly params: Record<string, unknown> | undefined;
  readonly body: Body | undefined;
  readonly deadline: number;
  readonly caller: Question['caller'];
  readonly at: number;
  readonly route: Route;
  readonly version: string | undefined;
  target: Target;
  private readonly path: Path;
  private readonly key: string | undefined;
  private readonly given: readonly Tensor[] | undefined;
  private readonly done: Done | undefined;
  private readonly doneJson: DoneJson | undefined;
  begun = 0;
  private tried = 0;

  constructor(
    path: Path,
    route: Route,
    target: Target,
    question: Asked,
    now: number,
    done: Done | undefined,
    doneJson: DoneJson | undefined,
  ) {
    this.path = path;
    this.route = route;
    this.target = target;
    this.given = question.inputs;
    this.body = question.body;
    this.params = question.params;
    this.version = question.version;
    this.caller = question.caller;
    this.key = question.key;
    this.at = question.at ?? now;
    const own = route.endpoint.queue.deadline;
    const patience = question.deadline;
    this.deadline = this.at + (patience !== undefined && patience < own ? patience : own);
    this.done = done;
    this.doneJson = doneJson;
  }

  /** Puts the question into its target's queue, or answers at once why not. */
  begin(now: number): void {
    const { line, endpoint } = this.route;
    if (line.waiting >= endpoint.queue.most) {
      return this.refuse(
        limited(`endpoint '${endpoint.name}' has ${line.waiting} requests waiting, as many as it may`, {
          hint: 'ask again after the time in Retry-After, with fewer requests at once',
        }),
      );
    }
    if (this.target.lane?.ready !== true) {
      const other = this.divert();
      if (!other) return this.refuse(notReady(this.target));
      this.target = other;
    }
    line.waiting++;
    this.path.hooks.asked(this.target);
    this.enqueue(now);
  }

  private enqueue(now: number): void {
    const lane = this.target.lane!;
    const { spec } = lane.model;
    if (this.given !== undefined) {
      try {
        if (spec.inputs.length === 0)
          throw invalid('the model has no signature, so it takes no named inputs', {
            field: 'inputs',
            hint: 'ask it at /invocations, with JSON as its code wants it',
          });
        this.inputs = arrange(spec, this.given);
        this.rows =
          spec.batchable && this.params === undefined ? (this.inputs.find(Boolean)?.shape[0] ?? 0) : 0;
      } catch (error) {
        return this.fail(error as Error);
      }
    }
    const wait = lane.predicted();
    if (wait > 0 && now + wait > this.deadline) {
      return this.fail(
        unavailable(
          `the answer would take about ${Math.ceil(wait)} ms, longer than the ${Math.round(this.deadline - this.at)} ms that it may`,
          { hint: 'ask again after the time in Retry-After', code: 'overloaded' },
        ),
      );
    }
    lane.push(this);
  }

  settle(
    error: Error | undefined,
    outputs: Tensor[] | undefined,
    text: string | undefined,
    first: boolean,
  ): void {
    if (error instanceof ModelFault && error.retriable && this.tried < 3) {
      this.tried++;
      const before = this.target;
      const other = this.divert();
      if (other) {
        this.target = other;
        this.path.hooks.diverted(before, other);
        return this.enqueue(performance.now());
      }
    }
    if (first) this.path.hooks.called(this.target);
    if (error) this.fail(error);
    else this.answer(outputs, text);
  }

  /** Another variant that can answer now. */
  private divert(): Target | undefined {
    const { endpoint } = this.route;
    return this.path.hooks.divert(this, this.path.route(endpoint.workspace, endpoint.name));
  }

  private answer(outputs: Tensor[] | undefined, text: string | undefined): void {
    const { target, route, path } = this;
    const { variant, serial, role } = target;
    route.line.waiting--;
    const ms = performance.now() - this.at;
    const prediction = path.ids.next(serial, role);
    const { at, counter } = path.ids.made;
    const said = {
      prediction,
      endpoint: route.endpoint.name,
      revision: target.revision,
      model: variant.model,
      version: variant.version,
    };
    try {
      if (this.doneJson) this.doneJson(undefined, { body: text!, ...said });
      else this.done!(undefined, { outputs: outputs!, ...said });
    } finally {
      // After the answer is on its way: nobody waits for what hangs here.
      path.hooks.answered({
        route,
        target,
        prediction,
        at,
        counter,
        rows: this.rows > 0 ? this.rows : 1,
        ms,
        queued: this.begun - this.at,
        key: this.key,
        params: this.params,
        given: this.given,
        inputs: this.inputs,
        outputs,
        body: this.body,
        text,
        copyOf: undefined,
      });
    }
  }

  private fail(error: Error): void {
    this.route.line.waiting--;
    try {
      this.tell(error instanceof ModelFault && error.retriable ? notReady(this.target, error) : error);
    } finally {
      this.path.hooks.failed(this.target, error, true);
    }
  }

  private refuse(error: TreadleError): void {
    try {
      this.tell(error);
    } finally {
      this.path.hooks.failed(this.target, error, false);
    }
  }

  private tell(error: Error): void {
    if (this.done) this.done(error);
    else this.doneJson!(error);
  }
}
