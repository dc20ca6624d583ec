import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { TreadleError } from '../../../platform/errors/index.ts';
import type { Share } from '../../../platform/limits/index.ts';
import type { PlaneDoor } from '../../../serving/index.ts';
import type { Admitted } from '../shared/caller.ts';
import { failureOf } from '../shared/failure.ts';
import type { Aside } from '../aside/index.ts';
import { inferMessage, writeAnswer, type Caller } from './infer.ts';
import type { InferRequest } from './messages.ts';
import { Writer } from './protobuf.ts';
import { codeOf, OK, open, UNAVAILABLE, UNIMPLEMENTED, type Inbox } from './transport.ts';

/** Answers that one stream may be owed before its messages wait. */
const MOST = 128;

/**
 * Triton's ModelStreamInfer: requests come one after another, answers go in the same order. What is wrong with a request is an
 * answer (`error_message`) and not the end of the stream; a message that cannot be read is the end. Returns how to end it once
 * everything asked so far is answered, for a server that stops: a stream may be silent for hours.
 */
export function streamInfer(
  door: PlaneDoor,
  aside: Aside | undefined,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  inbox: Inbox,
  admitted: Admitted,
  caller: Caller,
  again: (done: (error: Error | undefined, admitted: Admitted) => void) => void,
): () => void {
  let epoch = door.callersEpoch;
  /** Answers by order of asking; undefined until they are there. */
  const owed: Array<Buffer | undefined> = [];
  let first = 0;
  let ended = false;
  let ending = { code: OK, message: '' };
  open(stream, () => ending);

  const flush = (): void => {
    while (owed.length > 0 && owed[0] !== undefined) {
      const next = owed.shift();
      first++;
      if (next && !stream.destroyed && !stream.closed) stream.write(next);
    }
    if (stream.isPaused() && owed.length < MOST / 2) stream.resume();
    if (ended && owed.length === 0 && !stream.destroyed && !stream.closed) stream.end();
  };
  const settle = (place: number, message: Buffer, share?: Share): void => {
    share?.end();
    owed[place - first] = message;
    flush();
  };

  const ask = (place: number, bytes: Buffer, share: Share | undefined): void =>
    inferMessage(door, aside, caller, bytes, performance.now(), (inferred) => {
      if (inferred.failed) return settle(place, failed(inferred.error, inferred.request), share);
      const { request, answer, outputs } = inferred;
      const whole = new Writer().message(2, (into) => void writeAnswer(into, request, answer, outputs));
      settle(place, whole.finish(), share);
    });

  inbox.receive(
    { stream, headers, unary: false, caller: admitted.caller },
    {
      message(bytes, share) {
        if (ended) return; // came after the server began to stop: the caller asks another one
        const place = first + owed.push(undefined) - 1;
        if (owed.length >= MOST) stream.pause();
        if (epoch === door.callersEpoch) return ask(place, bytes, share);
        // Tokens changed since the last message: a stream does not outlive the one that opened it.
        const now = door.callersEpoch;
        again((error) => {
          if (error) {
            settle(place, failed(error, undefined), share);
            ending = { code: codeOf(failureOf(error)), message: failureOf(error).message };
            ended = true;
            return flush();
          }
          epoch = now;
          ask(place, bytes, share);
        });
      },
      end() {
        ended = true;
        flush();
      },
      failed(error) {
        ending =
          error instanceof TreadleError
            ? { code: codeOf(failureOf(error)), message: failureOf(error).message }
            : { code: UNIMPLEMENTED, message: error.unimplemented };
        ended = true;
        stream.resume(); // what still comes is thrown away
        flush();
      },
    },
  );
  return () => {
    if (ended) return;
    ending = { code: UNAVAILABLE, message: 'the server is stopping' };
    ended = true;
    flush();
  };
}

function failed(error: unknown, request: InferRequest | undefined): Buffer {
  return new Writer()
    .entry(1, failureOf(error).message)
    .message(2, (into) => into.text(1, request?.model ?? '').text(3, request?.id ?? ''))
    .finish();
}
