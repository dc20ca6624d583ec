import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { invalid, missing, TreadleError } from '../../../platform/errors/index.ts';
import { failureOf } from '../shared/failure.ts';
import { readNamed } from './messages.ts';
import { Reader, Writer } from './protobuf.ts';
import { answer, codeOf, OK, open, refuse, UNAVAILABLE, UNIMPLEMENTED, type Inbox } from './transport.ts';

/** The standard health service (grpc.health.v1), which load balancers and Kubernetes probes ask. Public: it names no model. */
export const HEALTH_SERVICE = '/grpc.health.v1.Health/';
const SERVICES = new Set(['', 'inference.GRPCInferenceService']);

const SERVING = 1;
const NOT_SERVING = 2;
const SERVICE_UNKNOWN = 3;
/** Largest message, bytes: nobody is asked who they are. */
const SMALL = 64 * 1024;
/** How often a watcher's status is looked at, ms. */
const PACE = 1_000;

const status = (code: number): Buffer => new Writer(8).uint(1, code).finish();

/** Answers `Check` or `Watch`; returns how to end a watch when the server stops. */
export function health(
  method: string,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  inbox: Inbox,
  ready: () => boolean,
): () => void {
  let stop = (): void => {};
  if (method !== 'Check' && method !== 'Watch') {
    refuse(stream, UNIMPLEMENTED, `there is no method ${HEALTH_SERVICE}${method}; Check and Watch are`);
    return stop;
  }
  const now = (): number => (ready() ? SERVING : NOT_SERVING);
  let asked = false;
  inbox.receive(
    { stream, headers, unary: true, caller: '', limit: SMALL },
    {
      message(bytes) {
        if (asked) return;
        asked = true;
        let service: string;
        try {
          service = readNamed(new Reader(bytes)).name;
        } catch (error) {
          return fail(stream, error);
        }
        const known = SERVICES.has(service);
        if (method === 'Watch') {
          stop = watch(stream, known ? now : () => SERVICE_UNKNOWN);
          return;
        }
        if (known) return answer(stream, status(now()));
        fail(stream, missing(`there is no service '${service}' here`));
      },
      end() {
        if (!asked) fail(stream, invalid('the call has no message'));
      },
      failed(error) {
        if (error instanceof TreadleError) fail(stream, error);
        else refuse(stream, UNIMPLEMENTED, error.unimplemented);
      },
    },
  );
  return () => stop();
}

function fail(stream: ServerHttp2Stream, error: unknown): void {
  const failure = failureOf(error);
  refuse(stream, codeOf(failure), failure.message);
}

/** The status now, and each one that differs from the one before. */
function watch(stream: ServerHttp2Stream, now: () => number): () => void {
  let told: number | undefined;
  let ending = { code: OK, message: '' };
  open(stream, () => ending);
  const tell = (): void => {
    const current = now();
    if (current === told || stream.destroyed || stream.closed) return;
    told = current;
    stream.write(status(current));
  };
  tell();
  const timer = setInterval(tell, PACE).unref();
  stream.once('close', () => clearInterval(timer));
  return () => {
    clearInterval(timer);
    ending = { code: UNAVAILABLE, message: 'the server is stopping' };
    if (!stream.destroyed && !stream.closed) stream.end();
  };
}
