import type { BlobStore } from '../blobs/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Db, Dialect } from '../db/index.ts';
import type { DomainEvent } from '../events/index.ts';
import type { EnqueueOptions, JobType } from '../jobs/index.ts';
import type { Log } from '../log/index.ts';

/** `owner` is of the whole server; the others are of one workspace. `approver` reads, and approves what others made. */
export type Role = 'viewer' | 'editor' | 'approver' | 'admin' | 'owner';

/** A thing that grants can be about: one by its name, some one of its kind, or a list that shows each what they may see. */
export type Resource =
  | { kind: string; name: string }
  | { kind: string; any: true }
  | { kind: string; listed: true };

/** What grants give somebody in a workspace, besides their roles there. */
export interface Grants {
  /** As what they may act on a thing; none where nothing is granted. */
  on(resource: Resource): readonly Role[];
  /** Patterns of the names on which they have anything. */
  patterns(kind: string): readonly string[];
}

/** Who asks. `id` and `name` go into every ledger entry; of people their id stands there for the name. */
export interface Actor {
  /** `owner` asks from the machine itself, without a credential; `user` is a person who signed in; a `service` is nobody. */
  kind: 'owner' | 'user' | 'service' | 'token' | 'system';
  id: string;
  name: string;
  /** The strongest of what it has here; a guest is in the workspace by grants on single things alone. */
  role: Role | 'guest';
  /** Where it has several in this workspace, or none: all of them. */
  roles?: readonly Role[];
  /** What it may besides, on single things. */
  grants?: Grants;
  /** The id of the person whose act it is: who signed in, or whose token it is. Without one nobody answers for it: it approves nothing. */
  user?: string;
  /** What the token is called that opened it, which its bearer may have chosen: never who it is. */
  token?: string;
  /** A step of this execution: it writes to the execution's runs alone. */
  execution?: string;
}

/** A typed arrow of lineage: `from` was made from, read or judged by `to`. Ends are `noun:id`, e.g. `run:4f…`. */
export interface LineageEdge {
  from: string;
  to: string;
  /** The verb, from the side of `from`: `read`, `produced`, `trained-by`, `derived-from`, `registered-from`. */
  relation: string;
}

/** What one change says of itself in the ledger. Everything here is canonical JSON; no secrets, no personal data. */
export interface LedgerRecord {
  /** `noun.verb` in the past tense, the same word as the event: `dataset_version.committed`. */
  action: string;
  /** `noun:id` of what changed. */
  resource: string;
  /** Digest or small summary of the state before and after. */
  before?: unknown;
  after?: unknown;
  reason?: string;
  edges?: LineageEdge[];
}

/** Implemented by the ledger room, one floor up; declared here so that every room's `ctx` can carry it. */
export interface Ledger {
  append(tx: Tx, record: LedgerRecord): Promise<void>;
}

/**
 * What every verb gets as its first argument: made per request or per job, never global.
 * `db` reads; `scan` is the same data through reader threads, for queries that may take more than a few ms.
 */
export interface Ctx {
  readonly db: Db;
  readonly scan: Db;
  readonly dialect: Dialect;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly log: Log;
  /** The wall: every row read or written belongs to this workspace. */
  readonly workspace: string;
  readonly actor: Actor;
  readonly requestId: string;
  /**
   * Runs `change` in one transaction and returns when it is on disk. Inside, `tx.db` is the transaction;
   * `tx.write` joins it. Never await anything but `tx.db` work inside: every other writer waits.
   */
  write<T>(change: (tx: Tx) => Promise<T>): Promise<T>;
  /** The same `ctx` for another actor or workspace (jobs, system work). */
  as(change: { actor?: Actor; workspace?: string; log?: Log; requestId?: string }): Ctx;
}

/** A `ctx` inside a transaction: whatever is said here commits or vanishes with the change itself. */
export interface Tx extends Ctx {
  /** Appends to the audit ledger. */
  record(entry: LedgerRecord): Promise<void>;
  /** Puts a past-tense fact into the outbox; subscribers hear it after the commit. */
  emit<T extends object>(event: DomainEvent<T>): Promise<void>;
  /** Enqueues a background job; it can start only after the commit. Returns the job's id. */
  enqueue<P extends object>(type: JobType<P>, payload: P, options?: EnqueueOptions): Promise<string>;
  /** Runs after the commit is on disk; never runs when it fails. For waking things up, not for work that must happen. */
  afterCommit(wake: () => void): void;
}
