import type { Endpoint, EndpointDetail } from './contract.ts';
import type { MoveGuard } from '../models/index.ts';
import { createFaults, type Fault, type Faults } from './faults.ts';
import { loadProblem, type Planes } from './planes.ts';
import { keysOf } from './plane-process.ts';
import type { RuntimesPort } from './ports.ts';
import type { Recording } from './plane/protocol.ts';
import type { PredictionIds } from './prediction-id.ts';
import type { NamedRevision } from './store.ts';
import { placesOf } from './table.ts';
import { createWatch, type Watch } from './watch.ts';
import type { Live } from './live.ts';
import type { Minutes } from './minutes.ts';

/** What the verbs of the room share in one server. */
export interface Engine {
  /** The data folder. */
  readonly data: string;
  /** Rooms above that say which versions may answer where. */
  readonly guards: readonly MoveGuard[];
  readonly planes: Planes;
  readonly runtimes: RuntimesPort;
  readonly ids: PredictionIds;
  /** What is kept of predictions where an endpoint says nothing of it. */
  readonly recording: Recording;
  /** How long they are kept where an endpoint says nothing of it. */
  readonly keepMs: number;
  readonly live: Live;
  readonly minutes: Minutes;
  readonly watch: Watch;
  /** What goes on with a revision that is being prepared here. */
  readonly stages: Map<string, string>;
  readonly faults: Faults;
  /** Why the planes do not hold a revision that they should; undefined while they do, or are just about to. */
  unloadable(row: NamedRevision): Fault | undefined;
  /** Where callers of the inference protocols ask. */
  address(): string;
  /** What the primary of an endpoint takes and gives; undefined while it is not loaded. */
  spec(endpoint: string): EndpointDetail['spec'];
  /** Whether requests to its primary are joined, and why; undefined while it is not loaded. */
  batching(endpoint: string): Endpoint['batching'];
  /** Loads a model again that the planes should hold. Whether that went well, or nobody wants it any more. */
  reload(key: string): Promise<boolean>;
}

export function createEngine(options: {
  data: string;
  guards: readonly MoveGuard[];
  planes: Planes;
  runtimes: RuntimesPort;
  ids: PredictionIds;
  recording: Recording;
  keepMs: number;
  live: Live;
  minutes: Minutes;
  address(): string;
  lost(key: string, problem: string): void;
}): Engine {
  const { data, guards, planes, runtimes, ids, recording, keepMs, live, minutes, address } = options;
  const faults = createFaults(Date.now);
  const primaryOf = (endpoint: string) => {
    const primary = planes.entry(endpoint)?.variants.find(({ role }) => role === 'champion');
    return primary && planes.find(primary.key);
  };
  return {
    data,
    guards,
    planes,
    runtimes,
    ids,
    recording,
    keepMs,
    address,
    live,
    minutes,
    watch: createWatch(),
    stages: new Map(),
    faults,
    unloadable(row) {
      const fault = faults.of(row.serial);
      if (!fault) return undefined;
      const places = placesOf(row, data);
      // A process that came back may have loaded what another could not.
      if (places.length === 0 || !places.every(({ key }) => planes.has(key))) return fault;
      faults.clear(row.serial);
      return undefined;
    },
    spec(endpoint) {
      const found = primaryOf(endpoint);
      if (!found) return undefined;
      const { platform, inputs, outputs, params, sample } = found.spec;
      const field = ({ name, datatype, shape, optional, column }: (typeof inputs)[number]) => ({
        name,
        datatype,
        shape: [...shape],
        ...(optional === undefined ? {} : { optional }),
        ...(column === undefined ? {} : { column }),
      });
      return {
        platform,
        inputs: inputs.map(field),
        outputs: outputs.map(field),
        params: [...params],
        ...(sample ? { sample: sample.map((one) => ({ ...one, shape: [...one.shape] })) } : {}),
      };
    },
    batching(endpoint) {
      const found = primaryOf(endpoint);
      return found?.spec.batching && { joined: found.spec.batchable, ...found.spec.batching };
    },
    async reload(key) {
      const wanted = [...planes.entries()].some((entry) => keysOf(entry).includes(key));
      const place = wanted ? planes.place(key) : undefined;
      if (!place) return true;
      try {
        (await planes.load(place, place.limits.load)).release();
        return true;
      } catch (error) {
        options.lost(key, loadProblem(error));
        return false;
      }
    },
  };
}
