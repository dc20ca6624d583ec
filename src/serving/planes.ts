import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { outwardMessageOf } from '../platform/errors/index.ts';
import { temporaryPrefix } from '../platform/files/index.ts';
import type { Log } from '../platform/log/index.ts';
import { machineCores } from '../platform/machine/index.ts';
import type { Processes } from '../platform/processes/index.ts';
import type { HostCrash, ModelPlace } from '../runtimes/index.ts';
import { Gather } from './gather.ts';
import {
  createPlaneProcess,
  keysOf,
  LoadFailure,
  type Around,
  type Loaded,
  type PlaneProcess,
} from './plane-process.ts';
import type {
  About,
  AboutAnswer,
  CallerVerdict,
  Credentials,
  Measure,
  PlaneOptions,
  RequestRecord,
  TableEndpoint,
  VariantStats,
} from './plane/protocol.ts';

export interface PlanesOptions {
  processes: Processes;
  log: Log;
  /** The data folder. */
  data: string;
  host: string;
  /** 0: a free one, kept for as long as the server runs. */
  port: number;
  /** Undefined: by the machine's cores. */
  count?: number | undefined;
  plane: Omit<PlaneOptions, 'run'>;
  authenticate(credentials: Credentials): Promise<CallerVerdict>;
  crashed(key: string, crash: HostCrash): void;
  /** A model that had been loaded before could not be loaded again. */
  lost(key: string, problem: string): void;
  /** A plane that answered ended by itself: how often it did within the last minute. */
  fell(recent: number, why: string): void;
  /** What the plane of this number did since it last said so. */
  stats(plane: number, variants: readonly VariantStats[]): void;
  /** What planes tell as metrics, all added up, after each has said what it did until now. */
  measures?(workspace: string): Promise<Measure[]>;
  /** A file of recorded predictions is whole. */
  segment?(said: { endpoint: string; file: string; bytes: number }): void;
  /** A plane of this run ended by itself: whatever it left is nobody's now. */
  left?(run: string): void;
}

/** The processes of the data plane: how many, on which port, and what they hold. Started when first needed. */
export interface Planes {
  readonly all: readonly PlaneProcess[];
  start(): void;
  /**
   * Loads a model in every plane and keeps it there until `release`. Throws `LoadFailure` with the model's problem, or after
   * `deadline` ms.
   */
  load(place: ModelPlace, deadline: number): Promise<Loaded & { release(): void }>;
  /** Loaded in every plane that runs. */
  has(key: string): boolean;
  find(key: string): Loaded | undefined;
  /** Of a model that an entry names. */
  place(key: string): ModelPlace | undefined;
  /** What the endpoint answers with from now on; resolves when every plane does. `places` has one for every key of the entry. */
  put(entry: TableEndpoint, places: readonly ModelPlace[]): Promise<void>;
  take(endpoint: string): Promise<void>;
  entry(endpoint: string): TableEndpoint | undefined;
  entries(): IterableIterator<TableEndpoint>;
  /** The port for callers; undefined while nobody listens. */
  readonly port: number | undefined;
  /** A socket of a plane that listens, in turn. */
  socket(): string | undefined;
  forgetCallers(): void;
  /** Every plane says what it did until now. */
  gather(): Promise<void>;
  /** The last answers of an endpoint over all planes, newest first; undefined where none has it. */
  latest(workspace: string, endpoint: string, limit: number): Promise<RequestRecord[] | undefined>;
  /** Brings to disk what the planes recorded of an endpoint; false where a plane takes so long that nobody waits. */
  show(endpoint: string, ago?: number): Promise<boolean>;
  /** Models that the planes hold, each counted as often as it is held. */
  readonly models: number;
  close(): Promise<void>;
}

/** Two cores: one serves, one is for everything else. Models are held once in each process. */
const byCores = (): number => Math.max(1, Math.min(4, Math.floor(machineCores() / 2)));
const MINUTE = 60_000;
/** The longest address of a Unix socket, on the strictest of systems. */
const LONGEST_SOCKET = 100;

export function createPlanes(options: PlanesOptions): Planes {
  const { log } = options;
  const count = options.count ?? byCores();
  const sockets = socketFolder(options.data);
  const held = new Map<string, { entry: TableEndpoint; places: readonly ModelPlace[] }>();
  /** Being loaded for a table to come: how many wait for it. */
  const kept = new Map<string, { place: ModelPlace; by: number }>();
  /** By plane: when it ended by itself within the last minute. */
  const falls = new Map<number, number[]>();
  let port = options.port;
  let turn = 0;
  let last = 'it was not started';
  let started = false;
  const planes: PlaneProcess[] = [];

  const around = {
    processes: options.processes,
    log,
    cwd: options.data,
    options: options.plane,
    desired() {
      const places = new Map<string, ModelPlace>();
      for (const one of held.values()) for (const place of one.places) places.set(place.key, place);
      for (const { place } of kept.values()) places.set(place.key, place);
      return {
        places: [...places.values()],
        endpoints: [...held.values()].map(({ entry }) => entry),
        keep: [...kept.keys()],
      };
    },
    door(plane: PlaneProcess, filled: boolean) {
      // The first finds the port that all share; one that came back meets callers when it can answer them.
      if (count > 1 && !filled && (plane.number > 0 || plane.restarts > 0)) return undefined;
      if (port === 0 && plane.number > 0) return undefined; // told once the first has found it
      return {
        type: 'listen' as const,
        host: options.host,
        port,
        reusePort: count > 1,
        socket: path.join(sockets, `plane-${plane.number}.sock`),
      };
    },
    report(plane: PlaneProcess, report: Parameters<Parameters<typeof createPlaneProcess>[1]['report']>[1]) {
      switch (report.type) {
        case 'listening':
          if (port === 0)
            for (const other of planes.slice(1)) {
              port = report.port;
              const door = other.up && other.door === undefined ? around.door(other, true) : undefined;
              if (door) other.send(door);
            }
          port = report.port;
          log.info('inference', { plane: plane.number, host: options.host, port });
          return;
        case 'authenticate':
          options.authenticate(report.credentials).then(
            (verdict) => plane.send({ type: 'caller', id: report.id, verdict }),
            (error: unknown) => {
              log.error('a caller of a data plane could not be looked up', { error });
              plane.send({
                type: 'caller',
                id: report.id,
                verdict: { ok: false, status: 403, message: 'the caller could not be looked up; try again' },
              });
            },
          );
          return;
        case 'crashed':
          options.crashed(report.key, report);
          return;
        case 'failed':
          options.lost(report.key, report.problem);
          return;
        case 'stats':
          models.set(plane.number, report.models);
          options.stats(plane.number, report.variants);
          return;
        case 'told':
          asked.told(report);
          return;
        case 'ask':
          about(report.about).then(
            (answer) => plane.send({ type: 'answer', id: report.id, answer }),
            (error: unknown) => {
              log.error('what a plane asked could not be added up', { error });
            },
          );
          return;
        case 'segment':
          options.segment?.(report);
          return;
        case 'log':
          log[report.level](report.message, { plane: plane.number, ...report.fields });
          return;
        default:
      }
    },
    ended(plane: PlaneProcess, { why, served, run }: Parameters<Around['ended']>[1]) {
      options.left?.(run);
      last = why;
      models.delete(plane.number);
      asked.ended(plane);
      if (!served) return; // a port that is taken is no fault of a model
      const now = performance.now();
      const recent = [...(falls.get(plane.number) ?? []), now].filter((time) => time > now - MINUTE);
      falls.set(plane.number, recent);
      options.fell(recent.length, why);
    },
  };
  for (let n = 0; n < count; n++) planes.push(createPlaneProcess(n, around));
  const asked = new Gather(planes);
  /** By plane. */
  const models = new Map<number, number>();

  const tell = (of: About): ReturnType<Gather['ask']> => asked.ask((id) => ({ type: 'tell', id, about: of }));
  const gather = async (): Promise<void> => void (await tell({ what: 'metrics', workspace: '' }));
  async function latest(
    workspace: string,
    endpoint: string,
    limit: number,
  ): Promise<RequestRecord[] | undefined> {
    const all = await tell({ what: 'latest', workspace, endpoint, limit });
    const found = all.filter((one) => one !== undefined);
    if (found.length === 0) return undefined;
    return found
      .flat()
      .toSorted((a, b) => b.at - a.at || (a.prediction < b.prediction ? 1 : -1))
      .slice(0, limit);
  }
  async function about(one: About): Promise<AboutAnswer> {
    if (one.what === 'metrics') {
      await gather();
      return { metrics: (await options.measures?.(one.workspace)) ?? [] };
    }
    const found = await latest(one.workspace, one.endpoint, one.limit);
    return found ? { latest: found } : {};
  }

  const start = (): void => {
    if (started) return;
    started = true;
    for (const plane of planes) plane.start();
  };
  const show = async (): Promise<void> => {
    await Promise.all(planes.map((plane) => plane.show()));
  };
  const release = (key: string): void => {
    const one = kept.get(key);
    if (!one || --one.by > 0) return;
    kept.delete(key);
    const named = [...held.values()].some(({ entry }) => keysOf(entry).includes(key));
    if (!named) void show(); // nobody came to want it: its memory is given back
  };

  return {
    all: planes,
    start,
    async load(place, deadline) {
      const one = kept.get(place.key) ?? { place, by: 0 };
      one.by++;
      kept.set(place.key, one);
      start();
      let timer: NodeJS.Timeout | undefined;
      try {
        const late = new Promise<never>((_resolve, reject) => {
          timer = setTimeout(
            () =>
              reject(
                new LoadFailure(
                  planes.some(({ up }) => up)
                    ? `it was not loaded and warm within ${Math.round(deadline / 1000)} s`
                    : `the serving process does not stay up (${last})`,
                ),
              ),
            deadline,
          );
        });
        // A plane that is down loads it when it comes back; nobody waits for that unless it is the only one.
        const able = planes.filter((plane) => plane.up);
        const all = await Promise.race([
          Promise.all((able.length > 0 ? able : planes).map((plane) => plane.load(place))),
          late,
        ]);
        return { ...all[0]!, release: () => release(place.key) };
      } catch (error) {
        release(place.key);
        throw error;
      } finally {
        clearTimeout(timer);
      }
    },
    has: (key) => planes.some(({ up }) => up) && planes.every((plane) => !plane.up || plane.loaded.has(key)),
    find(key) {
      for (const plane of planes) {
        const found = plane.loaded.get(key);
        if (found) return found;
      }
      return undefined;
    },
    place(key) {
      for (const { places } of held.values()) {
        const found = places.find((place) => place.key === key);
        if (found) return found;
      }
      return undefined;
    },
    async put(entry, places) {
      const now = held.get(entry.id);
      if (now && now.entry.serial > entry.serial) return; // a later one was quicker
      held.set(entry.id, { entry, places });
      start();
      // Mostly there already, for whoever puts an entry has loaded it. A restart puts first and loads then.
      for (const plane of planes)
        if (plane.up)
          for (const place of places)
            plane.load(place).catch((error: unknown) => options.lost(place.key, loadProblem(error)));
      await show();
    },
    async take(endpoint) {
      if (held.delete(endpoint)) await show();
    },
    entry: (endpoint) => held.get(endpoint)?.entry,
    *entries() {
      for (const { entry } of held.values()) yield entry;
    },
    get port() {
      return port === 0 ? undefined : port;
    },
    socket() {
      const open = planes.filter(({ door }) => door !== undefined);
      return open[turn++ % open.length]?.door?.socket;
    },
    forgetCallers() {
      for (const plane of planes) plane.send({ type: 'forget-callers' });
    },
    gather,
    latest,
    show: (endpoint, ago) => asked.done((id) => ({ type: 'show', id, endpoint, ago })),
    get models() {
      let sum = 0;
      for (const held of models.values()) sum += held;
      return sum;
    },
    async close() {
      await Promise.all(planes.map((plane) => plane.stop()));
      rmSync(sockets, { recursive: true, force: true });
    },
  };
}

function socketFolder(data: string): string {
  const folder = path.join(data, 'planes');
  if (folder.length + '/plane-00.sock'.length <= LONGEST_SOCKET) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  }
  return mkdtempSync(temporaryPrefix('planes')); // only its owner may enter it
}

/** What a failed load says to people; anything else is a fault of ours and is not hidden. */
export function loadProblem(error: unknown): string {
  if (error instanceof LoadFailure) return error.message;
  return `something went wrong inside Treadle: ${outwardMessageOf(error)}`;
}
