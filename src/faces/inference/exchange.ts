/** A request as the HTTP front hands it to a protocol: whole, unread, within the size limit. */
export interface InferenceRequest {
  method: string;
  /** Without the query, still percent-encoded. */
  path: string;
  /** After `?`, or empty. */
  query: string;
  /** By lower-case name. */
  header(name: string): string | undefined;
  body: Buffer;
}

export interface InferenceReply {
  /** Sends the whole answer; the second call on one reply is a fault. */
  send(
    status: number,
    type: string,
    body: string | Uint8Array,
    headers?: Readonly<Record<string, string>>,
  ): void;
}

/** A protocol: answers what is its own and says so, or returns false and has done nothing. */
export type Protocol = (request: InferenceRequest, reply: InferenceReply) => boolean;
