import type { Isolation } from '../../platform/processes/index.ts';
import type { ModelPlace, ModelSpec, Tensor } from '../../runtimes/index.ts';

/**
 * What the server and a data plane say to each other: one JSON object a line, commands on the plane's stdin, reports on its
 * stdout. The plane is a process of its own so that nothing the control plane does can hold an answer up.
 */

export type Role = 'champion' | 'canary' | 'shadow';
/** What is kept of predictions: all of it; all but what callers sent (inputs, params and sticky key); nothing. */
export type Recording = 'all' | 'outputs' | 'none';

/** What stands for a value in the records: nothing, or its keyed hash. */
export type ColumnRule = 'drop' | 'hash';

/** One model that a revision sends traffic to. */
export interface TableVariant {
  role: Role;
  /** Share of the requests, 0–100. Champion and canary add up to 100; a shadow's share is of copies. */
  percent: number;
  model: string;
  version: number;
  /** Key of its `ModelPlace`. */
  key: string;
}

/** What an endpoint answers with now. */
export interface TableEndpoint {
  /** Id of the endpoint. */
  id: string;
  workspace: string;
  name: string;
  revision: number;
  /** Number of the revision over all endpoints: what prediction ids carry. */
  serial: number;
  variants: TableVariant[];
  /** Equal keys (header X-Treadle-Key) get the same variant; without it each request is drawn anew. */
  sticky: boolean;
  /** Asked when a Python host of this revision is down: the revision before, kept loaded. */
  fallback?: { revision: number; serial: number; variants: TableVariant[] };
  /** Requests that may wait, and how long one may, ms. */
  queue: { most: number; deadline: number };
  /** Refuse lossy casts of JSON numbers (long → int, double → float) in `/invocations`. */
  strict: boolean;
  /** What is kept of its predictions; nothing, unless said. */
  records?: Recording;
  /** What is not recorded as it is, by what the log calls it: `in_email`, `key`, `params`. */
  columns?: Readonly<Record<string, ColumnRule>>;
  /** Share of predictions that are recorded; all, unless said. */
  sample?: number;
}

/** What a plane needs to know before anything else. The key is a secret, so it comes through stdin and never as an argument. */
export interface PlaneOptions {
  /** Host header values it answers to, without port, as on the main port; also for the Unix socket. */
  hosts: readonly string[] | 'any';
  /** Key of prediction ids, hex. */
  key: string;
  /** `warn`: the least level of `log` reports that the server wants. */
  log: 'debug' | 'info' | 'warn' | 'error';
  /** How it keeps the code of models apart from itself; not at all unless said. */
  isolation?: Isolation;
  /** Folder for segments of recorded predictions; nothing is recorded where there is none. */
  records?: string;
  /** Names what this process leaves there, and no other did or will: 8 hex digits. Its own choice unless said. */
  run?: string;
}

export type Command =
  /** The first line. */
  | { type: 'start'; options: PlaneOptions }
  /**
   * Opens both doors; answered by `listening`, or by a `log` of level error and the plane's end. A plane among several that
   * came back after a crash is told only after its first table, so that no caller meets it empty.
   */
  | { type: 'listen'; host: string; port: number; reusePort: boolean; socket: string }
  /** Loads and warms a model; answered by `loaded` or `failed` with the same key. A key that is there already is answered at once. */
  | { type: 'load'; place: ModelPlace }
  /**
   * Replaces the whole table in one step; answered by `switched`. Models that neither an entry nor `keep` names are closed after
   * their last answer, and given up where they are still loading. `keep`: what is being loaded for a table to come.
   */
  | { type: 'table'; sequence: number; endpoints: TableEndpoint[]; keep: string[] }
  | { type: 'caller'; id: number; verdict: CallerVerdict }
  /** Answered by `told` with the same id, and before it by `stats` where they are asked for. */
  | { type: 'tell'; id: number; about: About }
  /**
   * Brings what is recorded of an endpoint to disk; answered by `told` with the same id, after the `segment`s. `ago`: what was answered longer ago than
   * so many ms must be there, however lately somebody looked.
   */
  | { type: 'show'; id: number; endpoint: string; ago?: number | undefined }
  /** To an `ask`. */
  | { type: 'answer'; id: number; answer: AboutAnswer }
  /** Tokens or roles changed: ask again for everybody. */
  | { type: 'forget-callers' }
  | { type: 'stop' };

/** What a request says of its caller, for the server to judge. */
export interface Credentials {
  authorization: string | undefined;
  /** The workspace that the caller names. */
  workspace: string | undefined;
  /** It came through a proxy and without a token: whoever sent it is not taken for the machine's owner. */
  proxied: boolean;
}

/**
 * Who a bearer token is. `may` says whether the caller may predict; `endpoints`: only at those whose names fit one of these patterns;
 * `until`, ms since 1970, when the token expires.
 */
export type CallerVerdict =
  | {
      ok: true;
      workspace: string;
      may: boolean;
      endpoints?: readonly string[];
      name: string;
      until?: number;
    }
  | { ok: false; status: 401 | 403; message: string };

export type Report =
  | { type: 'listening'; port: number; socket: string }
  | { type: 'loaded'; key: string; spec: SpokenSpec; ms: number; sample_ms: number }
  | { type: 'failed'; key: string; problem: string }
  | { type: 'switched'; sequence: number }
  | { type: 'authenticate'; id: number; credentials: Credentials }
  | { type: 'crashed'; key: string; reason: string; recent: number; back_in?: number }
  /** A file of recorded predictions is whole and on disk, in the folder of its endpoint. */
  | { type: 'segment'; endpoint: string; file: string; bytes: number }
  | { type: 'stats'; at: number; variants: VariantStats[]; models: number }
  /** `latest` where the answers of an endpoint were asked for and it is here. */
  | { type: 'told'; id: number; latest?: RequestRecord[] }
  /** What somebody asked this plane and only all of them together know. */
  | { type: 'ask'; id: number; about: About }
  | {
      type: 'log';
      level: 'debug' | 'info' | 'warn' | 'error';
      message: string;
      fields?: Record<string, unknown>;
    };

/** What one plane, or all together, are asked of their endpoints. */
export type About =
  | { what: 'metrics'; workspace: string }
  | { what: 'latest'; workspace: string; endpoint: string; limit: number };

export interface AboutAnswer {
  metrics?: Measure[];
  /** Absent where there is no such endpoint. */
  latest?: RequestRecord[];
}

/** One answer that was given, as the last ones are shown. */
export interface RequestRecord {
  prediction: string;
  at: number;
  serial: number;
  role: Role;
  rows: number;
  ms: number;
}

/** One family of Prometheus metrics. */
export interface Measure {
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram';
  samples: Array<{ labels: Record<string, string>; value: number; suffix?: '_bucket' | '_sum' | '_count' }>;
}

/** What happened to one variant of one revision since the last report (about a second). */
export interface VariantStats {
  endpoint: string;
  serial: number;
  role: Role;
  key: string;
  requests: number;
  rows: number;
  batches: number;
  /** Answered 4xx and 5xx; refused because the queue was full or the deadline passed. */
  bad: number;
  errors: number;
  refused: number;
  waiting: number;
  /** Latency from the last byte of the request to the answer's first: counts per bucket of `LATENCY_BUCKETS`, the last one open. */
  latency: number[];
  /** The same latencies in the buckets of `evidence/`, 5 % wide: those with answers. */
  fine?: Array<[bucket: number, answers: number]>;
  /** Sum of these latencies, ms. */
  total_ms?: number;
  /** And of the time in them until the model was asked, ms. */
  queued_ms?: number;
  /** Predictions taken for records, and those let go; absent when there were none. */
  records?: RecordStats;
  /** Only for a shadow: pairs compared and how they differ. */
  shadow?: { pairs: number; different: number; largest: number; dropped: number; examples: ShadowExample[] };
}

export interface RecordStats {
  kept: number;
  lost: Lost;
}

/**
 * Predictions that were not recorded: too much was held already, one was too large, its form differed from the one before too often,
 * or it could not be written.
 */
export type Lost = Record<'full' | 'large' | 'form' | 'failed', number>;

export interface ShadowExample {
  prediction: string;
  at: number;
  champion: unknown;
  shadow: unknown;
}

/** Upper bounds in ms. */
export const LATENCY_BUCKETS = [
  0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1000,
  2000, 5000,
] as const;

/** A spec as JSON can carry it: the sample's values are plain numbers and texts. */
export type SpokenSpec = Omit<ModelSpec, 'sample'> & {
  sample?: Array<{ name: string; datatype: string; shape: readonly number[]; data: unknown[] }>;
};

export function speakSpec({ sample, ...spec }: ModelSpec): SpokenSpec {
  return sample === undefined ? spec : { ...spec, sample: sample.map(speakTensor) };
}

const speakTensor = ({ name, datatype, shape, data }: Tensor): NonNullable<SpokenSpec['sample']>[number] => ({
  name,
  datatype,
  shape,
  data: Array.from<unknown, unknown>(data, (value) => {
    if (typeof value === 'bigint') return Number(value);
    if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
    if (datatype === 'BOOL') return value === 1;
    // JSON has no NaN: a missing value.
    return typeof value === 'number' && !Number.isFinite(value) ? null : value;
  }),
});
