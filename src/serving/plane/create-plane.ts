import type { LoadedModel, ModelPlace } from '../../runtimes/index.ts';
import type { PredictionIds } from '../prediction-id.ts';
import { Ask, type Asked, type Done, type DoneJson, type Path } from './ask.ts';
import { Callers } from './callers.ts';
import { Holders } from './holders.ts';
import { Counting } from './hooks/count.ts';
import { diversion } from './hooks/divert.ts';
import { Hooks, type Hook } from './hooks/hook.ts';
import { Latest } from './hooks/latest.ts';
import { shadowing } from './hooks/shadow.ts';
import type { PlaneDoor } from './plane.ts';
import { ServerAsker } from './ask-server.ts';
import type { About, AboutAnswer, Command, Report, RequestRecord, TableEndpoint } from './protocol.ts';
import { loading, unknownEndpoint, unknownVersion } from './refusals.ts';
import { seen } from './seen.ts';
import { compile, keysOf, targetsOf, type Line, type Route, type Table, type Target } from './table.ts';
import { toCanary } from './traffic.ts';
import { placeOf } from './part.ts';

export interface PlaneParts {
  open(place: ModelPlace): Promise<LoadedModel>;
  ids: PredictionIds;
  report(report: Report): void;
  /** What else hangs on the path of a question. */
  hooks?: readonly Hook[];
  /** Kept answers; 65,536 unless said. */
  records?: number;
  /** The server does not read what it is told: what can wait is told later. */
  stalled?(): boolean;
}

export interface Plane extends PlaneDoor {
  /** Commands but `start`, `listen` and `stop`, which are the process's own. */
  command(command: Command): void;
  /** What only all planes together know: the server asks them, this one too. */
  ask(about: About, done: (error: Error | undefined, answer?: AboutAnswer) => void): void;
  close(): Promise<void>;
}

/** The path of a question: find the endpoint and the variant here, then check, queue and answer (`ask.ts`). All else is a hook. */
export function createPlane({ open, ids, report, hooks: more = [], records, stalled }: PlaneParts): Plane {
  const holders = new Holders(open, (one) => {
    // After a start the table comes while the models it names still load: they join it as they are there.
    if (one.type === 'loaded') lay();
    report(one);
  });
  const callers = new Callers(report);
  const server = new ServerAsker(report);
  const counting = new Counting();
  const latest = new Latest(ids, records);
  const hooks: Hooks = new Hooks([diversion, counting, latest, ...more, shadowing(ids, () => hooks)]);
  const lines = new Map<string, Line>();
  let table: Table = new Map();
  let endpoints: readonly TableEndpoint[] = [];

  const lay = (): void => {
    table = compile(
      endpoints,
      (key) => holders.lane(key),
      (endpoint, serial, variant) => counting.of(endpoint, serial, variant),
      (endpoint) => {
        let line = lines.get(endpoint.id);
        if (!line) lines.set(endpoint.id, (line = { waiting: 0, endpoint }));
        line.endpoint = endpoint;
        return line;
      },
    );
  };

  function switchTo(next: readonly TableEndpoint[], keep: readonly string[], sequence: number): void {
    endpoints = next;
    counting.retire(performance.now());
    lay();
    const live = new Set(next.map(({ id }) => id));
    for (const id of lines.keys()) if (!live.has(id)) lines.delete(id);
    holders.want(keysOf(next).union(new Set(keep)));
    report({ type: 'switched', sequence });
  }

  const path: Path = { ids, hooks, route: routeIn };

  function routeIn(place: string, endpoint: string): Route | undefined {
    const { workspace, holds } = placeOf(place);
    return holds(endpoint) ? table.get(workspace)?.get(endpoint) : undefined;
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

  function ask(question: Asked, done: Done | undefined, doneJson?: DoneJson): void {
    const tell = (error: Error): void => (done ? done(error) : doneJson!(error));
    const route = path.route(question.workspace, question.endpoint);
    if (!route) return tell(unknownEndpoint(question.endpoint));
    const target = pick(route, question.version, question.key);
    if (!target) return tell(unknownVersion(route, question.version ?? ''));
    const now = question.at ?? performance.now();
    new Ask(path, route, target, question, now, done, doneJson).begin(now);
  }

  const stats = (): void =>
    report({
      type: 'stats',
      at: Date.now(),
      variants: counting.report(performance.now()),
      models: holders.lanes().length,
    });

  /** The last answers here, newest first. */
  function latestOf(workspace: string, endpoint: string, limit: number): RequestRecord[] | undefined {
    const route = path.route(workspace, endpoint);
    if (!route) return undefined;
    const own = new Set<number>();
    for (const counters of counting.counted.values())
      if (counters.endpoint === route.endpoint.id) own.add(counters.serial);
    return latest.of(own, limit);
  }

  function tell(id: number, about: About): void {
    if (about.what === 'metrics') stats();
    const found =
      about.what === 'latest' ? latestOf(about.workspace, about.endpoint, about.limit) : undefined;
    report({ type: 'told', id, ...(found ? { latest: found } : {}) });
  }

  // What is not told is not taken for told: it comes with the next report.
  const second = setInterval(() => stalled?.() !== true && stats(), 1000);
  const sweep = setInterval(() => {
    const now = performance.now();
    for (const lane of holders.lanes()) lane.expire(now);
  }, 20);
  second.unref();
  sweep.unref();

  return {
    find(workspace, endpoint, version) {
      const route = path.route(workspace, endpoint);
      if (!route) return undefined;
      const target =
        version === undefined
          ? route.champion
          : targetsOf(route).find((one) => String(one.variant.version) === version);
      const found = target && seen(route, target, hooks);
      if (target && !found) throw loading(route);
      return found;
    },
    list(place) {
      const { workspace, holds } = placeOf(place);
      return [...(table.get(workspace)?.values() ?? [])].flatMap((route) =>
        holds(route.endpoint.name) ? (seen(route, route.champion, hooks) ?? []) : [],
      );
    },
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
      else if (command.type === 'tell') tell(command.id, command.about);
      else if (command.type === 'answer') server.told(command.id, command.answer);
    },
    ask: (about, done) => server.ask(about, done),
    async close() {
      clearInterval(second);
      clearInterval(sweep);
      await holders.close();
      stats();
    },
  };
}
