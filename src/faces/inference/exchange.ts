/** A request as the HTTP front hands it to a protocol: whole, unread, within the size limit. */
export interface InferenceRequest {
  method: string;
  /** Without the query, still percent-encoded. */
  path: string;
  /** After `?`, or empty. */
  query: string;
  /** By lower-case name. */
  header(name: string): string | undefined;
  /** Inflated already where the caller sent gzip or deflate. */
  body: Buffer;
  /**
   * Where the caller works. The front asked who the caller is and whether it may predict before a protocol sees the request;
   * only health paths come here unasked, with the caller's workspace where it is known and `default` otherwise.
   */
  workspace: string;
  /** When its last byte came, on the clock of `performance.now()`: latency counts from here (`Question.at`). */
  at: number;
}

export interface InferenceReply {
  /** Sends the whole answer; the second call on one reply is a fault. */
  send(
    status: number,
    type: string,
    body: string | Uint8Array,
    headers?: Readonly<Record<string, string>>,
  ): void;
  /** The caller ended its side of the connection: an answer may find nobody. */
  readonly gone: boolean;
}

/** Paths that need no token: they say whether the plane is up, and nothing of what it holds. */
export const HEALTH_PATHS: ReadonlySet<string> = new Set([
  '/v2/health/live',
  '/v2/health/ready',
  '/ping',
  '/health',
]);

/** A protocol: answers what is its own and says so, or returns false and has done nothing. */
export type Protocol = (request: InferenceRequest, reply: InferenceReply) => boolean;
