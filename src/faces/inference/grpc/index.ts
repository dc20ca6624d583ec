import {
  createServer,
  type Http2Server,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { invalid, TreadleError } from '../../../platform/errors/index.ts';
import { Budget } from '../../../platform/limits/index.ts';
import { guardHost, guardOrigin } from '../../../platform/origin/index.ts';
import type { PlaneDoor } from '../../../serving/index.ts';
import type { Aside } from '../aside/index.ts';
import { enter, NOBODY, type Admitted } from '../shared/caller.ts';
import { failureOf } from '../shared/failure.ts';
import {
  modelConfig,
  modelMetadata,
  modelStatistics,
  repositoryIndex,
  serverMetadata,
  yes,
} from './describe.ts';
import { health, HEALTH_SERVICE } from './health.ts';
import { find, inferMessage, writeAnswer, type Caller } from './infer.ts';
import { readEmpty, readIndex, readNamed } from './messages.ts';
import { Reader, Writer } from './protobuf.ts';
import { streamInfer } from './stream.ts';
import { answer, codeOf, Inbox, LARGEST, refuse, timeoutOf, UNIMPLEMENTED } from './transport.ts';

const SERVICE = '/inference.GRPCInferenceService/';
/** Health needs no token, as over HTTP. */
const OPEN = new Set(['ServerLive', 'ServerReady']);

const MiB = 1024 * 1024;
/** A connection that asks nothing is ended after this long, ms; streams may be silent for as long as they like. */
const IDLE = 300_000;
/** One on which nobody who may ask was met, earlier. */
const STRANGER = 30_000;
const SWEEP = 2000;
/** Largest message of those who need no token. */
const SMALL = 64 * 1024;

type Done = (error: Error | undefined, message?: Buffer) => void;
type Unary = (caller: Caller, message: Reader, at: number, done: Done) => void;

export interface GrpcOptions {
  /** Names that this server goes by, as on the HTTP front; any unless said. */
  hosts?: readonly string[] | 'any';
  /** Of the program, for its metadata. */
  version?: string;
  /** What requests under way hold; shared with the HTTP front. */
  budget?: Budget;
  /** Reads what is large; here, unless said. */
  aside?: Aside;
}

/**
 * The Open Inference Protocol over gRPC, on bare HTTP/2: a handler per stream and no layers between. Connections are handed
 * in by the front (`server.emit('connection', socket)`), which tells HTTP/2 by its first bytes.
 */
export function createGrpc(door: PlaneDoor, options: GrpcOptions = {}): Http2Server {
  const { hosts = 'any', version = '' } = options;
  const methods = createMethods(door, version, options.aside);
  const inbox = new Inbox(options.budget ?? new Budget(512 * MiB, 256 * MiB));
  const server = createServer({
    maxSessionMemory: 512, // MB; a few large tensors at once are no attack
    maxHeaderListPairs: 128,
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 100,
    unknownProtocolTimeout: 10_000,
    // Streams that are opened to be reset: a thousand at once, then 33 a second.
    streamResetBurst: 1000,
    streamResetRate: 33,
    settings: {
      initialWindowSize: 4 * MiB,
      maxConcurrentStreams: 1024,
      maxHeaderListSize: 16 * 1024,
      enablePush: false,
    },
  });
  const sessions = new Map<Http2Session, Visit>();
  server.on('session', (session) => {
    session.on('error', () => session.destroy());
    const visit: Visit = { open: 0, since: performance.now(), welcome: false };
    sessions.set(session, visit);
    session.once('close', () => sessions.delete(session));
    session.on('stream', (stream) => {
      visit.open++;
      stream.once('close', () => {
        visit.open--;
        visit.since = performance.now();
      });
    });
  });
  const sweep = setInterval(() => {
    const now = performance.now();
    inbox.sweep(now);
    for (const [session, { open, since, welcome }] of sessions) {
      if (open > 0 || now - since < (welcome ? IDLE : STRANGER)) continue;
      // Callers open another one when they ask again.
      if (session.closed) session.destroy();
      else session.close();
    }
  }, SWEEP);
  sweep.unref();
  /** Somebody may ask: from now on, many bytes of theirs may be on the way at once. */
  const welcome = (session: Http2Session | undefined): void => {
    const visit = session && sessions.get(session);
    if (!session || !visit || visit.welcome) return;
    visit.welcome = true;
    if (!session.destroyed) session.setLocalWindowSize(16 * MiB);
  };
  // A broken connection is the caller's affair: nothing of it may end the process.
  server.on('sessionError', () => {});
  const streams = new Set<() => void>();
  const close = server.close.bind(server);
  server.close = (done) => {
    clearInterval(sweep);
    for (const stop of streams) stop();
    return close(done);
  };
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => {});
    try {
      call(stream, headers);
    } catch (error) {
      fail(stream, error);
    }
  });

  /** A stream that may be silent for hours is ended when the server stops. */
  function until(stream: ServerHttp2Stream, stop: () => void): void {
    streams.add(stop);
    stream.once('close', () => streams.delete(stop));
  }

  function call(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const type = headers['content-type'] ?? '';
    if (headers[':method'] !== 'POST' || !/^application\/grpc($|[+;])/.test(type)) {
      const status = headers[':method'] === 'POST' ? 415 : 405;
      stream.respond({ ':status': status, 'content-type': 'text/plain' });
      stream.end(
        `This is the gRPC side of the port: POST with content-type application/grpc, not ${type || 'none'}.\n`,
      );
      return;
    }
    if (/^application\/grpc\+(?!proto\b)/.test(type))
      return refuse(stream, UNIMPLEMENTED, `content-type ${type} is not offered; application/grpc+proto is`);
    const path = headers[':path'] ?? '';
    const host = headers[':authority'] ?? headers.host;
    const site = headers['sec-fetch-site'];
    guardHost(host, hosts);
    guardOrigin(
      { method: 'POST', host, origin: headers.origin, site: typeof site === 'string' ? site : undefined },
      hosts,
    );
    if (path.startsWith(HEALTH_SERVICE)) {
      const stop = health(path.slice(HEALTH_SERVICE.length), stream, headers, inbox, () => door.ready);
      return until(stream, stop);
    }
    const name = path.startsWith(SERVICE) ? path.slice(SERVICE.length) : '';
    const unary = methods.get(name);
    if (!unary && name !== 'ModelStreamInfer')
      return refuse(stream, UNIMPLEMENTED, REFUSED.get(name) ?? `there is no method ${path}`);
    // Health is public: it says nothing of what is served.
    if (unary && OPEN.has(name)) return one(stream, headers, unary, (done) => done(undefined, NOBODY));
    const ask: Ask = (done) =>
      enter(
        door,
        (header) => {
          const value = headers[header];
          return typeof value === 'string' ? value : undefined;
        },
        (error, admitted) => {
          if (!error) welcome(stream.session);
          done(error, admitted);
        },
      );
    if (unary) return one(stream, headers, unary, ask);
    ask((error, admitted) => {
      if (error) return fail(stream, error);
      try {
        const caller = callerOf(stream, headers, admitted.workspace, undefined);
        until(stream, streamInfer(door, options.aside, stream, headers, inbox, admitted, caller, ask));
      } catch (thrown) {
        fail(stream, thrown);
      }
    });
  }

  /** A call of one message and one answer. Who asks is known before any of the message is read. */
  function one(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, method: Unary, ask: Ask): void {
    const began = performance.now();
    const timeout = timeoutOf(headers);
    const epoch = door.callersEpoch;
    let message: Buffer | undefined;
    let over = false;
    const finish: Done = (error, reply) => {
      if (over) return;
      over = true;
      if (error || !reply)
        return fail(stream, error, timeout !== undefined && performance.now() - began >= timeout);
      answer(stream, reply);
    };
    const perform = (whole: Buffer, workspace: string, at: number): void => {
      try {
        const deadline = timeout === undefined ? undefined : Math.max(0, timeout - (at - began));
        method(callerOf(stream, headers, workspace, deadline), new Reader(whole), at, finish);
      } catch (thrown) {
        finish(thrown instanceof Error ? thrown : new Error(String(thrown)));
      }
    };
    ask((error, admitted) => {
      if (error) return finish(error);
      const { workspace, caller } = admitted;
      const limit = admitted === NOBODY ? SMALL : LARGEST;
      inbox.receive(
        { stream, headers, unary: true, caller, limit },
        {
          message(whole) {
            if (message) finish(invalid('the call has more than one message'));
            message = whole;
          },
          end() {
            if (!message) return finish(invalid('the call has no message'));
            const whole = message;
            const at = performance.now();
            if (epoch === door.callersEpoch) return perform(whole, workspace, at);
            // Tokens changed while it came.
            ask((refused, again) => (refused ? finish(refused) : perform(whole, again.workspace, at)));
          },
          failed(wrong) {
            if (wrong instanceof TreadleError) return finish(wrong);
            over = true;
            refuse(stream, UNIMPLEMENTED, wrong.unimplemented);
          },
        },
      );
    });
  }
  return server;
}

/** How a connection does: calls that are open, and since when there is none. */
interface Visit {
  open: number;
  since: number;
  /** Somebody who may ask was met here. */
  welcome: boolean;
}

type Ask = (done: (error: Error | undefined, admitted: Admitted) => void) => void;

function callerOf(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  workspace: string,
  deadline: number | undefined,
): Caller {
  const key = headers['x-treadle-key'];
  return {
    workspace,
    key: typeof key === 'string' && key !== '' ? key : undefined,
    deadline,
    get gone() {
      return stream.closed || stream.destroyed;
    },
  };
}

const REFUSED: ReadonlyMap<string, string> = new Map([
  [
    'RepositoryModelLoad',
    'models are loaded by deployment: treadle deploy, or POST /api/v1/endpoints/NAME/revisions',
  ],
  ['RepositoryModelUnload', 'models are unloaded when an endpoint no longer names them: treadle endpoints'],
]);

function fail(stream: ServerHttp2Stream, error: unknown, late = false): void {
  const failure = failureOf(error);
  const code = late && (failure.kind === 'unavailable' || failure.kind === 'limited') ? 4 : codeOf(failure);
  refuse(stream, code, failure.message);
}

function createMethods(
  door: PlaneDoor,
  program: string,
  aside: Aside | undefined,
): ReadonlyMap<string, Unary> {
  const served = (caller: Caller, message: Reader) => {
    const { name, version } = readNamed(message);
    return find(door, caller.workspace, name, version);
  };
  const metadata = serverMetadata(program);
  return new Map<string, Unary>([
    ['ServerLive', (_caller, message, _at, done) => (readEmpty(message), done(undefined, yes(true)))],
    ['ServerReady', (_caller, message, _at, done) => (readEmpty(message), done(undefined, yes(door.ready)))],
    ['ModelReady', (caller, message, _at, done) => done(undefined, yes(served(caller, message).model.ready))],
    ['ServerMetadata', (_caller, message, _at, done) => (readEmpty(message), done(undefined, metadata))],
    [
      'ModelMetadata',
      (caller, message, _at, done) => done(undefined, modelMetadata(served(caller, message))),
    ],
    ['ModelConfig', (caller, message, _at, done) => done(undefined, modelConfig(served(caller, message)))],
    [
      'ModelStatistics',
      (caller, message, _at, done) => {
        const { name, version } = readNamed(message);
        const all = name === '' ? door.list(caller.workspace) : [find(door, caller.workspace, name, version)];
        done(undefined, modelStatistics(all));
      },
    ],
    [
      'RepositoryIndex',
      (caller, message, _at, done) =>
        done(undefined, repositoryIndex(door, caller.workspace, readIndex(message).ready)),
    ],
    [
      'ModelInfer',
      (caller, message, at, done) => {
        inferMessage(door, aside, caller, message.bytes, at, (inferred) => {
          if (inferred.failed)
            return done(inferred.error instanceof Error ? inferred.error : new Error(String(inferred.error)));
          const { request, answer: found, outputs } = inferred;
          done(undefined, writeAnswer(new Writer(), request, found, outputs).finish());
        });
      },
    ],
  ]);
}
