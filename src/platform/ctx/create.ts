import { newId } from '../ids/index.ts';
import type { BlobStore } from '../blobs/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Database, Db } from '../db/index.ts';
import type { DomainEvent } from '../events/index.ts';
import type { EnqueueOptions, JobType } from '../jobs/index.ts';
import type { Log } from '../log/index.ts';
import type { Actor, Ctx, Ledger, Tx } from './index.ts';

/** The open parts of the house that a ctx hands to verbs. Made once, in `main.ts`. */
export interface Parts {
  database: Database;
  blobs: BlobStore;
  clock: Clock;
  log: Log;
  ledger: Ledger;
  outbox: { emit(tx: Tx, event: DomainEvent): Promise<void> };
  queue: {
    enqueue<P extends object>(tx: Tx, type: JobType<P>, payload: P, options: EnqueueOptions): Promise<string>;
  };
}

export interface Caller {
  actor: Actor;
  workspace: string;
  requestId?: string;
}

export const systemActor: Actor = { kind: 'system', id: 'system', name: 'Treadle', role: 'owner' };

/** A ctx for one request or one job. */
export function createCtx(parts: Parts, caller: Caller): Ctx {
  const { database, blobs, clock } = parts;
  const requestId = caller.requestId ?? newId(clock.now());
  const log = parts.log.child({ request_id: requestId });
  const ctx: Ctx = {
    db: database.db,
    scan: database.scan,
    dialect: database.dialect,
    blobs,
    clock,
    log,
    workspace: caller.workspace,
    actor: caller.actor,
    requestId,
    write: (change) =>
      database.write((db, afterCommit) => change(transactional(parts, ctx, db, afterCommit))),
    as: ({ log: other, ...change }) =>
      createCtx(other ? { ...parts, log: other } : parts, { ...caller, requestId, ...change }),
  };
  return ctx;
}

function transactional(parts: Parts, outer: Ctx, db: Db, afterCommit: (wake: () => void) => void): Tx {
  const tx: Tx = {
    ...outer,
    db,
    scan: db,
    write: (change) => change(tx),
    as: (change) => transactional(parts, outer.as(change), db, afterCommit),
    record: (entry) => parts.ledger.append(tx, entry),
    emit: (event) => parts.outbox.emit(tx, event),
    enqueue: (type, payload, options = {}) => parts.queue.enqueue(tx, type, payload, options),
    afterCommit,
  };
  return tx;
}
