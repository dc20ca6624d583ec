// The whole path of a question on one page, so longer than other files: find, check, queue, answer, record.
import { limited, missing, TreadleError, unavailable, invalid } from '../../platform/errors/index.ts';
import {
  ModelFault,
  type Body,
  type LoadedModel,
  type ModelPlace,
  type Tensor,
} from '../../runtimes/index.ts';
import type { PredictionIds } from '../prediction-id.ts';
import { arrange } from './arrange.ts';
import { Callers } from './callers.ts';
import { difference, shown } from './compare.ts';
import { Counters } from './counters.ts';
import { Holders } from './holders.ts';
import type { Job } from './lane.ts';
import { prometheus } from './metrics.ts';
import type { Answer, PlaneDoor, Question, Served } from './plane.ts';
import type { Command, Report, TableEndpoint, TableVariant } from './protocol.ts';
import { Records, type RequestRecord } from './records.ts';
import { compile, keysOf, targetsOf, type Line, type Route, type Table, type Target } from './table.ts';
import { toCanary } from './traffic.ts';

export interface PlaneParts {
  open(place: ModelPlace): Promise<LoadedModel>;
  ids: PredictionIds;
  report(report: Report): void;
  /** Kept answers; 65,536 unless said. */
  records?: number;
}

export interface Plane extends PlaneDoor {
  /** Commands but `start`, `listen` and `stop`, which are the process's own. */
  command(command: Command): void;
  /** Prometheus' text of what the workspace's endpoints did. */
  metrics(workspace: string): string;
  /** The last answers of an endpoint, newest first. */
  latest(workspace: string, endpoint: string, limit: number): RequestRecord[] | undefined;
  close(): Promise<void>;
}

/** How long counters of a revision that no longer answers can still be scraped, ms. */
const RETIRED_FOR = 600_000;
/** Copies that may wait for a shadow. */
const SHADOW_WAITING = 64;

type Done = (error: Error | undefined, answer?: Answer) => void;
type DoneJson = (error: Error | undefined, answer?: Omit<Answer, 'outputs'> & { body: string }) => void;

export function createPlane({ open, ids, report, records: capacity }: PlaneParts): Plane {
  const holders = new Holders(open, (one) => {
    // After a start the table comes while the models it names still load: they join it as they are there.
    if (one.type === 'loaded') lay();
    report(one);
  });
  const callers = new Callers(report);
  const records = new Records(ids, capacity);
  const counted = new Map<string, Counters>();
  const lines = new Map<string, Line>();
  let table: Table = new Map();
  let endpoints: readonly TableEndpoint[] = [];

  const countersOf = (endpoint: string, serial: number, { role, key }: TableVariant): Counters => {
    const name = `${serial}/${role}`;
    let found = counted.get(name);
    if (!found) counted.set(name, (found = new Counters(endpoint, serial, role, key)));
    found.retired = undefined;
    return found;
  };

  const lay = (): void => {
    table = compile(
      endpoints,
      (key) => holders.lane(key),
      countersOf,
      (id) => {
        let line = lines.get(id);
        if (!line) lines.set(id, (line = { waiting: 0 }));
        return line;
      },
    );
  };

  function switchTo(next: readonly TableEndpoint[], keep: readonly string[], sequence: number): void {
    endpoints = next;
    const now = performance.now();
    for (const counters of counted.values()) counters.retired ??= now;
    lay();
    const live = new Set(next.map(({ id }) => id));
    for (const id of lines.keys()) if (!live.has(id)) lines.delete(id);
    holders.want(keysOf(next).union(new Set(keep)));
    report({ type: 'switched', sequence });
  }

  const routeOf = (workspace: string, endpoint: string): Route | undefined =>
    table.get(workspace)?.get(endpoint);

  /** A question from its first target to its answer; the one object that a request costs here. */
  class Ask implements Job {
    inputs: ReadonlyArray<Tensor | undefined> = [];
    rows = 0;
    params: Record<string, unknown> | undefined;
    body: Body | undefined;
    deadline: number;
    readonly caller: Question['caller'];
    readonly at: number;
    readonly route: Route;
    readonly version: string | undefined;
    target: Target;
    private readonly given: readonly Tensor[] | undefined;
    private readonly done: Done | undefined;
    private readonly doneJson: DoneJson | undefined;
    private tried = 0;

    constructor(
      route: Route,
      target: Target,
      question: Omit<Question, 'inputs'> & { inputs?: readonly Tensor[]; body?: Body },
      now: number,
      done: Done | undefined,
      doneJson?: DoneJson,
    ) {
      this.route = route;
      this.target = target;
      this.given = question.inputs;
      this.body = question.body;
      this.params = question.params;
      this.version = question.version;
      this.caller = question.caller;
      this.at = question.at ?? now;
      const own = route.endpoint.queue.deadline;
      const patience = question.deadline;
      this.deadline = this.at + (patience !== undefined && patience < own ? patience : own);
      this.done = done;
      this.doneJson = doneJson;
    }

    /** Puts the question into its target's queue, or answers at once why not. */
    begin(now: number): void {
      const { counters } = this.target;
      const { line, endpoint } = this.route;
      if (line.waiting >= endpoint.queue.most) {
        counters.refused++;
        return this.tell(
          limited(`endpoint '${endpoint.name}' has ${line.waiting} requests waiting, as many as it may`, {
            hint: 'ask again after the time in Retry-After, with fewer requests at once',
          }),
        );
      }
      if (this.target.lane?.ready !== true && !this.divert()) {
        counters.errors++;
        return this.tell(notReady(this.target));
      }
      line.waiting++;
      counters.waiting++;
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
          return this.finish(error as Error, undefined, undefined);
        }
      }
      const wait = lane.predicted();
      if (wait > 0 && now + wait > this.deadline) {
        return this.finish(
          unavailable(
            `the answer would take about ${Math.ceil(wait)} ms, longer than the ${Math.round(this.deadline - this.at)} ms that it may`,
            { hint: 'ask again after the time in Retry-After', code: 'overloaded' },
          ),
          undefined,
          undefined,
        );
      }
      lane.push(this);
    }

    settle(
      error: Error | undefined,
      outputs: Tensor[] | undefined,
      body: string | undefined,
      first: boolean,
    ): void {
      if (error instanceof ModelFault && error.retriable && this.tried < 3) {
        this.tried++;
        const before = this.target.counters;
        if (this.divert()) {
          before.errors++;
          before.waiting--;
          this.target.counters.waiting++;
          return this.enqueue(performance.now());
        }
      }
      if (first) this.target.counters.batches++;
      this.finish(error, outputs, body);
    }

    /** Another variant that can answer now: the champion for a canary, else the revision before, else what the table says now. */
    private divert(): boolean {
      const { route, target, version } = this;
      const current = routeOf(route.endpoint.workspace, route.endpoint.name);
      for (const other of [route.champion, route.fallback, current?.champion, current?.fallback]) {
        if (other === undefined || other === target || other.lane?.ready !== true) continue;
        if (other.lane === target.lane) continue;
        if (version !== undefined && String(other.variant.version) !== version) continue;
        this.target = other;
        return true;
      }
      return false;
    }

    private finish(error: Error | undefined, outputs: Tensor[] | undefined, body: string | undefined): void {
      const { target, route } = this;
      const { counters, variant, serial, role } = target;
      route.line.waiting--;
      counters.waiting--;
      if (error) {
        if (error instanceof TreadleError) {
          if (error.kind === 'limited' || error.kind === 'unavailable') counters.refused++;
          else counters.bad++;
        } else counters.errors++;
        return this.tell(error instanceof ModelFault && error.retriable ? notReady(target, error) : error);
      }
      const rows = this.rows > 0 ? this.rows : 1;
      const ms = performance.now() - this.at;
      const prediction = ids.next(serial, role);
      counters.answered(rows, ms, ids.made.at);
      records.add(serial, role, rows, ms);
      if (this.doneJson) {
        this.doneJson(undefined, {
          body: body!,
          prediction,
          endpoint: route.endpoint.name,
          revision: target.revision,
          model: variant.model,
          version: variant.version,
        });
        return;
      }
      this.done!(undefined, {
        outputs: outputs!,
        prediction,
        endpoint: route.endpoint.name,
        revision: target.revision,
        model: variant.model,
        version: variant.version,
      });
      if (route.shadows.length > 0 && role === 'champion') this.copy(outputs!, prediction);
    }

    private tell(error: Error): void {
      if (this.done) this.done(error);
      else this.doneJson!(error);
    }

    /** Asks the shadows the same, after the answer is on its way. */
    private copy(outputs: Tensor[], prediction: string): void {
      for (const shadow of this.route.shadows) {
        if (Math.random() * 100 >= shadow.variant.percent) continue;
        const { counters, lane } = shadow;
        if (lane?.ready !== true || counters.waiting >= SHADOW_WAITING) {
          counters.dropped++;
          continue;
        }
        counters.waiting++;
        const { given, params } = this;
        setImmediate(() => askShadow(shadow, given ?? [], params, outputs, prediction));
      }
    }
  }

  function askShadow(
    { counters, lane, serial, role }: Target,
    given: readonly Tensor[],
    params: Record<string, unknown> | undefined,
    answered: Tensor[],
    champion: string,
  ): void {
    const at = performance.now();
    let inputs: ReadonlyArray<Tensor | undefined>;
    try {
      inputs = arrange(lane!.model.spec, given);
    } catch {
      counters.waiting--;
      counters.bad++;
      return;
    }
    const { batchable } = lane!.model.spec;
    const rows = batchable && params === undefined ? (inputs.find(Boolean)?.shape[0] ?? 0) : 0;
    lane!.push({
      inputs,
      rows,
      params,
      deadline: at + 10_000,
      settle(error, outputs, _body, first) {
        counters.waiting--;
        if (first) counters.batches++;
        if (error || !outputs) {
          if (error instanceof TreadleError && error.kind !== 'unavailable') counters.bad++;
          else if (error instanceof TreadleError) counters.dropped++;
          else counters.errors++;
          return;
        }
        const ms = performance.now() - at;
        ids.next(serial, role);
        counters.answered(Math.max(1, rows), ms, ids.made.at);
        records.add(serial, role, Math.max(1, rows), ms);
        counters.compared(difference(answered, outputs), () => ({
          prediction: champion,
          at: Date.now(),
          champion: shown(answered),
          shadow: shown(outputs),
        }));
      },
    });
  }

  /** Where a question goes: to the version it insists on, else as the traffic rule says. */
  function pick(route: Route, version: string | undefined, key: string | undefined): Target | undefined {
    const { canary, champion, endpoint } = route;
    if (version !== undefined) return targetsOf(route).find((one) => String(one.variant.version) === version);
    if (canary === undefined) return champion;
    return toCanary(endpoint.id, canary.variant.percent, endpoint.sticky ? key : undefined)
      ? canary
      : champion;
  }

  function ask(
    question: Omit<Question, 'inputs'> & { inputs?: readonly Tensor[]; body?: Body },
    done: Done | undefined,
    doneJson?: DoneJson,
  ): void {
    const tell = (error: Error): void => (done ? done(error) : doneJson!(error));
    const route = routeOf(question.workspace, question.endpoint);
    if (!route) return tell(unknownEndpoint(question.endpoint));
    const target = pick(route, question.version, question.key);
    if (!target) return tell(unknownVersion(route, question.version ?? ''));
    const now = question.at ?? performance.now();
    new Ask(route, target, question, now, done, doneJson).begin(now);
  }

  function served(route: Route, target: Target): Served | undefined {
    if (target.served) return target.served;
    const model = (target.lane ?? route.fallback?.lane)?.model;
    return model && (target.served = new Seen(route, target, model));
  }

  const second = setInterval(() => {
    const now = performance.now();
    const variants = [];
    for (const [name, counters] of counted) {
      const stats = counters.report();
      if (stats) variants.push(stats);
      if (counters.retired !== undefined && counters.waiting === 0 && now - counters.retired > RETIRED_FOR)
        counted.delete(name);
    }
    report({ type: 'stats', at: Date.now(), variants });
  }, 1000);
  const sweep = setInterval(() => {
    const now = performance.now();
    for (const lane of holders.lanes()) lane.expire(now);
  }, 20);
  second.unref();
  sweep.unref();

  return {
    find(workspace, endpoint, version) {
      const route = routeOf(workspace, endpoint);
      if (!route) return undefined;
      const target =
        version === undefined
          ? route.champion
          : targetsOf(route).find((one) => String(one.variant.version) === version);
      const found = target && served(route, target);
      // It exists, so 'there is no such model' would send the caller away for good.
      if (target && !found)
        throw unavailable(`the model of endpoint '${route.endpoint.name}' is being loaded`, {
          hint: 'try again in a moment',
        });
      return found;
    },
    list: (workspace) =>
      [...(table.get(workspace)?.values() ?? [])].flatMap((route) => served(route, route.champion) ?? []),
    predict: (question, done) => ask(question, done),
    predictJson: (question, done) => ask(question, undefined, done),
    authenticate: (credentials, done) => callers.ask(credentials, done),
    get ready() {
      return [...table.values()].every((routes) =>
        [...routes.values()].every(
          ({ champion, fallback }) => champion.lane?.ready === true || fallback?.lane?.ready === true,
        ),
      );
    },
    get callersEpoch() {
      return callers.epoch;
    },
    command(command) {
      if (command.type === 'load') holders.load(command.place);
      else if (command.type === 'table') switchTo(command.endpoints, command.keep, command.sequence);
      else if (command.type === 'caller') callers.told(command.id, command.verdict);
      else if (command.type === 'forget-callers') callers.forget();
    },
    metrics: (workspace) =>
      prometheus(
        endpoints.filter((endpoint) => endpoint.workspace === workspace),
        counted,
        { lines, models: holders.lanes().length, records },
      ),
    latest(workspace, endpoint, limit) {
      const route = routeOf(workspace, endpoint);
      if (!route) return undefined;
      const own = new Set<number>();
      for (const counters of counted.values())
        if (counters.endpoint === route.endpoint.id) own.add(counters.serial);
      return records.latest(own, limit);
    },
    async close() {
      clearInterval(second);
      clearInterval(sweep);
      await holders.close();
    },
  };
}

/** One a target: getters, because what they tell changes while the table does not. */
class Seen implements Served {
  readonly endpoint: TableEndpoint;
  readonly model: LoadedModel;
  readonly spec: LoadedModel['spec'];
  readonly versions: readonly number[];
  private readonly line: Line;
  private readonly counters: Counters;

  constructor(route: Route, { counters }: Target, model: LoadedModel) {
    this.endpoint = route.endpoint;
    this.model = model;
    this.spec = model.spec;
    this.versions = [...new Set(targetsOf(route).map(({ variant }) => variant.version))];
    this.line = route.line;
    this.counters = counters;
  }

  get full(): boolean {
    return this.line.waiting >= this.endpoint.queue.most;
  }

  refused(): void {
    this.counters.refused++;
  }

  get counts(): Served['counts'] {
    const { ok, bad, errors, refused, rows, batches, total, last } = this.counters;
    return { ok, failed: bad + errors + refused, rows, batches, ms: total, last };
  }
}

const unknownEndpoint = (name: string): TreadleError =>
  missing(`Request for unknown model: '${name}' is not an endpoint here`, {
    field: 'model',
    hint: 'treadle endpoints lists those there are',
  });

const unknownVersion = (route: Route, version: string): TreadleError =>
  missing(
    `Request for unknown model: endpoint '${route.endpoint.name}' does not answer with version ${version}`,
    {
      field: 'version',
      hint: `it has ${[...new Set(targetsOf(route).map(({ variant }) => variant.version))].join(', ')}`,
    },
  );

const notReady = ({ variant }: Target, cause?: Error): TreadleError =>
  unavailable(
    `version ${variant.version} of model '${variant.model}' cannot answer now${cause ? `: ${cause.message}` : ''}`,
    { hint: 'ask again after the time in Retry-After', code: 'not-ready' },
  );
