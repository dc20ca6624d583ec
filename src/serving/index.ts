import { randomBytes } from 'node:crypto';
import type { MoveGuard } from '../models/index.ts';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { TreadleError } from '../platform/errors/index.ts';
import type { Route } from '../platform/http/index.ts';
import type { JobType } from '../platform/jobs/index.ts';
import type { Log } from '../platform/log/index.ts';
import type { Processes } from '../platform/processes/index.ts';
import type { Endpoint, EndpointDetail, Revision } from './contract.ts';
import { deploy, waitFor, type NewDeployment } from './deploy.ts';
import { createEngine } from './engine.ts';
import { prepareJob } from './jobs.ts';
import { createLive } from './live.ts';
import { measures, planeMeasures } from './measures.ts';
import { createMinutes, type ServedMinute } from './minutes.ts';
import { createPlanes } from './planes.ts';
import type { CallerVerdict, Credentials, Measure, Recording } from './plane/protocol.ts';
import type { RuntimesPort } from './ports.ts';
import { makeIds } from './prediction-id.ts';
import { readPredictions, type ReadPrediction } from './read-predictions.ts';
import { columnHash, rulesIn, type ColumnHash, type HeldRules } from './record-rules.ts';
import { recorded, type Recorded, type RecordedSpan } from './recorded.ts';
import { restore } from './restore.ts';
import type { PredictionHolder, Retention } from './retention.ts';
import { createSegments } from './segments.ts';
import { createGuard } from './rollback.ts';
import { servingRoutes } from './routes.ts';
import { predictionKey, requireEndpoint, selectSerials } from './store.ts';
import { sums, type VariantSums } from './sums.ts';
import { takeBack, type TakingBack } from './take-back.ts';
import { takenAway } from './taken-away.ts';
import { tellersOf, type ServingTellers } from './told.ts';
import { getEndpoint, getRevision, listEndpoints, toRevision } from './views.ts';

export type { Answer, PlaneDoor, Question, Served } from './plane/plane.ts';
export type {
  About,
  AboutAnswer,
  CallerVerdict,
  Credentials,
  Measure,
  TableEndpoint,
} from './plane/protocol.ts';
export { partOf } from './plane/part.ts';
export { ruleOf, type ColumnHash, type HeldRules } from './record-rules.ts';
export type { Recorded, RecordedSpan } from './recorded.ts';
export type { RuntimesPort } from './ports.ts';
export type { EndpointFacts, PredictionFacts, RevisionFacts, ServingTellers } from './told.ts';
export type { ServedMinute } from './minutes.ts';
export type { VariantSums } from './sums.ts';
export { predictionIdSql } from './prediction-id.ts';
export type { ReadPrediction } from './read-predictions.ts';
export { answeredAt, wasPartOf, type AnsweredAt } from './answered.ts';
export { createLive } from './live.ts';
export { planeMeasures } from './measures.ts';
export { createPlanes, type Planes, type PlanesOptions } from './planes.ts';
export { migrations } from './schema.ts';
export type { Hold, PredictionHolder } from './retention.ts';
export { RECORDS_FOLDER } from './segments.ts';
export { eventSubjects, subjects } from './subjects.ts';
export { unexpected } from './takeover.ts';

export interface ServingOptions {
  /** The data folder. */
  data: string;
  log: Log;
  processes: Processes;
  runtimes: RuntimesPort;
  /** For what the room does of itself: restarts, rollbacks. */
  system: Ctx;
  host: string;
  /** Port of the inference protocols; 0 takes a free one. */
  port: number;
  /** Processes of the data plane; by the machine's cores unless said. */
  count?: number | undefined;
  hosts: readonly string[] | 'any';
  level: 'debug' | 'info' | 'warn' | 'error';
  /** What is kept of predictions where an endpoint says nothing of it, and how much and how long of all of them. */
  records: { recording: Recording; bytes: number; days: number };
  /** What rooms above still need of recorded predictions. */
  holders: readonly PredictionHolder[];
  /** Rooms above that say which versions may answer where. */
  guards: readonly MoveGuard[];
  authenticate(credentials: Credentials): Promise<CallerVerdict>;
}

export type FoundEndpoint = Endpoint & { ready: boolean; spec?: EndpointDetail['spec'] };

export interface Serving {
  routes: Route[];
  jobs: ReadonlyArray<JobType<never>>;
  /** What the room says of predictions, revisions and endpoints, for whoever tells their story. */
  tellers: ServingTellers;
  /** Writes down what shall answer, in the caller's own transaction; a job makes it so, and `settled` waits for that. */
  deploy(tx: Tx, input: NewDeployment): Promise<Revision>;
  /** Asks for a revision with the traffic of an earlier one, in the caller's own transaction; a job makes it so. */
  takeBack(tx: Tx, input: TakingBack): Promise<Revision>;
  /** What each variant of a revision did since this server began, all planes together, after each has said what it did until now. */
  sums(ctx: Ctx, revision: string): Promise<{ life: string; variants: VariantSums[] }>;
  /** One revision of an endpoint by its number. */
  revision(ctx: Ctx, endpoint: string, revision: number): Promise<Revision>;
  /** Waits until a revision is no longer being prepared. `say` hears what goes on. Ends early when the signal aborts. */
  settled(ctx: Ctx, revision: string, say: (stage: string) => void, signal: AbortSignal): Promise<Revision>;
  /** Undefined where there is no endpoint of that name. `ready`: its primary is loaded here, and `spec` is what that takes and gives; not yet, right after a start. */
  find(ctx: Ctx, endpoint: string): Promise<FoundEndpoint | undefined>;
  /** What answers at the endpoints of the workspace, by their names: at most 500. */
  list(ctx: Ctx): Promise<Endpoint[]>;
  /** Recorded predictions of `[from, to)`: files, and how many were not kept. An endpoint that is not there is an error. */
  recorded(ctx: Ctx, endpoint: string, span: RecordedSpan): Promise<Recorded>;
  /** What was not recorded as it is in `[from, to)`. An endpoint that is not there is an error. */
  rules(ctx: Ctx, endpoint: string, span: Pick<RecordedSpan, 'from' | 'to'>): Promise<HeldRules>;
  /** What stands in the log for values of hashed columns, in the caller's workspace. */
  hash(ctx: Ctx): ColumnHash;
  /** Since when each endpoint's recorded predictions are kept by age; what belongs to those of before may go. */
  keptSince: Retention['keptSince'];
  /**
   * What versions did as primary, minute by minute, oldest first, in the minutes that end in `(from, to]`: all planes together, after each has said what it
   * did until now. Kept for 8 days. An endpoint that is not there is an error.
   */
  served(ctx: Ctx, endpoint: string, window: { from: number; to: number }): Promise<ServedMinute[]>;
  /** What ids of predictions say, by id; those that this server did not make, or of other workspaces, are left out. */
  readPredictions(ctx: Ctx, ids: readonly string[]): Promise<Map<string, ReadPrediction>>;
  /** Serials of all revisions of an endpoint: predictions with other ones are not its own. */
  serials(ctx: Ctx, endpointId: string): Promise<number[]>;
  /** The revision by which a person or a failure took a version away from an endpoint, where it did not come back since. */
  takenAway(ctx: Ctx, endpoint: string, versionRef: string): Promise<Revision | undefined>;
  /** Begins: takes up what was live. `url` is the main port's. */
  listening(url: string): void;
  /** The Unix socket of a plane that answers, for the main port to hand requests on to. */
  socket(): string | undefined;
  /** For `/metrics`: what the caller's workspace may see. */
  measures(ctx: Ctx): Promise<Measure[]>;
  /** Tokens or roles changed. */
  forgetCallers(): void;
  close(): Promise<void>;
}

/** Longer than any model may take to load, its environment included. */
const LONGEST = 60 * 60_000;
/** When something live could not be taken up after a start, ms. */
const AGAIN = 10_000;

/** The room with what it needs handed in. Nothing runs before the first endpoint exists. */
export async function openServing(options: ServingOptions): Promise<Serving> {
  const { system, log } = options;
  const key = await system.write((tx) => predictionKey(tx, randomBytes(32).toString('hex')));
  const job = prepareJob(() => engine);
  const guard = createGuard(
    () => engine,
    (workspace) => system.as({ workspace }),
    job,
  );
  const hear = (work: Promise<void>): void => {
    work.catch((error: unknown) => log.error('a report of a data plane was lost', { error }));
  };
  const segments = createSegments(system, options.data, options.records, options.holders);
  const planes = createPlanes({
    ...options,
    plane: {
      hosts: options.hosts,
      key,
      log: options.level,
      isolation: options.processes.isolation,
      records: segments.folder,
    },
    crashed: (model, crash) => hear(guard.crashed(model, crash)),
    lost: (model, problem) => hear(guard.lost(model, problem)),
    fell: (recent, why) => hear(guard.fell(recent, why)),
    stats(plane, variants) {
      engine.live.add(plane, variants);
      engine.minutes.add(variants);
    },
    measures: async (workspace) => planeMeasures(workspace, engine.planes, engine.live),
    segment: (said) => segments.announce(said),
    left: (run) => segments.recover(run),
  });
  let url = '';
  const live = createLive((serial) =>
    [...planes.entries()].some((entry) => entry.serial === serial || entry.fallback?.serial === serial),
  );
  const engine = createEngine({
    data: options.data,
    guards: options.guards,
    planes,
    live,
    minutes: createMinutes(system, live),
    runtimes: options.runtimes,
    ids: makeIds(key),
    recording: options.records.recording,
    keepMs: options.records.days * 86_400_000,
    address: () => {
      const port = planes.port ?? options.port;
      const host = options.host.includes(':') ? `[${options.host}]` : options.host;
      return port === 0 ? url : `http://${host}:${port}`;
    },
    lost: (model, problem) => hear(guard.lost(model, problem)),
  });
  const timers: NodeJS.Timeout[] = [];
  let looking: Promise<void> | undefined;
  const again = (whole: boolean): void => {
    if (whole) return;
    timers.push(setTimeout(() => void look(), AGAIN).unref());
  };
  const look = (): Promise<void> =>
    (looking ??= restore(system, engine)
      .then(again)
      .catch((error: unknown) => log.error('what is live could not be read', { error }))
      .finally(() => (looking = undefined)));
  return {
    routes: servingRoutes(engine, job),
    jobs: [job],
    tellers: tellersOf(engine),
    deploy: async (tx, input) => toRevision(await deploy(tx, input, engine, job), engine),
    takeBack: async (tx, input) => toRevision(await takeBack(tx, input, engine, job), engine),
    revision: (ctx, endpoint, revision) => getRevision(ctx, endpoint, revision, engine),
    sums: (ctx, id) => sums(ctx, id, engine),
    settled: async (ctx, id, say, signal) =>
      toRevision(await waitFor(ctx, id, LONGEST, engine, { say, signal }), engine),
    async find(ctx, name) {
      try {
        const { endpoint, spec } = await getEndpoint(ctx, name, engine);
        return { ...endpoint, ready: spec !== undefined, spec };
      } catch (error) {
        if (error instanceof TreadleError && error.kind === 'missing') return undefined;
        throw error;
      }
    },
    recorded: (ctx, name, span) => recorded(ctx, name, span, engine, segments),
    rules: async (ctx, name, span) => rulesIn(await requireEndpoint(ctx, name), span),
    hash: ({ workspace }) => columnHash(key, workspace),
    keptSince: () => segments.keptSince(),
    async served(ctx, name, window) {
      const { id } = await requireEndpoint(ctx, name);
      await engine.planes.gather();
      return engine.minutes.served(ctx, id, window);
    },
    readPredictions: (ctx, ids) => readPredictions(ctx, ids, engine),
    serials: selectSerials,
    async takenAway(ctx, endpoint, versionRef) {
      const row = await takenAway(ctx, endpoint, versionRef);
      return row && toRevision(row, engine);
    },
    list: async (ctx) => (await listEndpoints(ctx, { limit: 500 }, engine)).items,
    listening(main) {
      url = main;
      void look();
      segments.start();
      timers.push(setInterval(() => engine.live.tick(Date.now()), 1_000).unref());
      timers.push(setInterval(() => void engine.minutes.flush(), 1_000).unref());
    },
    socket: () => planes.socket(),
    measures: (ctx) => measures(ctx, engine),
    forgetCallers: () => planes.forgetCallers(),
    async close() {
      for (const timer of timers) clearInterval(timer);
      await planes.close();
      // What planes did and finished at their end, too.
      await engine.minutes.flush(true);
      await segments.close();
    },
  };
}
export { placesInUse } from './places-in-use.ts';
export { versionUses } from './version-uses.ts';
