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
