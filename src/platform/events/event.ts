import type { Ctx, Tx } from '../ctx/index.ts';

/** A past-tense fact: `dataset_version.committed`. Delivered after the commit, in order, at least once. */
export interface DomainEvent<T extends object = object> {
  type: string;
  /** `noun:id` of what it is about; the UI refreshes by it. */
  subject: string;
  data?: T;
}

/** An event as subscribers, webhooks and the UI get it. */
export interface DeliveredEvent extends DomainEvent {
  /** Grows; the cursor of server-sent events (`Last-Event-ID`). */
  seq: number;
  workspace: string;
  /** Milliseconds since 1970. */
  time: number;
  actor: string;
}

/** Hears every event of its types once, in order, also across a crash: its cursor moves in the transaction of `handle`. */
export interface Subscriber {
  /** Names the cursor: unique over the house, never changed once released. */
  name: string;
  /** Event types, or `*` for all. */
  types: readonly string[];
  /**
   * Runs in a transaction in the event's workspace, as the system. As in any write, await nothing but tx work:
   * for anything longer enqueue a job. An event that it fails on four times is parked and logged.
   */
  handle(tx: Tx, event: DeliveredEvent): Promise<void>;
  /** Asked before each look: false = nobody listens behind it now, so its cursor rests and nothing is kept for it. */
  wanted?(ctx: Ctx): Promise<boolean>;
}
