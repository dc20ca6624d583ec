import { Readable } from 'node:stream';
import type { Socket } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import type { Ctx } from '../ctx/index.ts';
import { invalid, STATUS, TreadleError } from '../errors/index.ts';
import { newId } from '../ids/index.ts';
import type { Log } from '../log/index.ts';
import { guardHost, guardOrigin } from '../origin/index.ts';
import { Budget, Share } from '../limits/index.ts';
import type { Endpoint } from './contract.ts';
import { refuseUnread } from './client-error.ts';
import { guardForm } from './guard-form.ts';
import { keepRoom } from './keep-room.ts';
import {
  compiled,
  parse,
  readJson,
  readJsonAside,
  refuseUnkept,
  refuseUnknown,
  writeJson,
} from '../bodies/index.ts';
import type { Download, Input, Route, ServerSentEvent, TextAnswer } from './route.ts';
import { watchBodies } from './watch-bodies.ts';

/** A face's table from what went wrong to its own status and body; `reason` stands behind the status, for clients that show no more. */
export interface ErrorFace {
  (error: TreadleError | undefined, requestId: string): { status: number; body: unknown; reason?: string };
}

/** The native API's errors: `{error: {kind, message, field, hint, code, request_id}}`. */
export const nativeErrors: ErrorFace = (error, requestId) => {
  if (!error) {
    return {
      status: 500,
      body: {
        error: {
          kind: 'internal',
          message: 'something went wrong inside Treadle; nothing of this request was kept',
          hint: `look for request ${requestId} in the server log`,
          request_id: requestId,
        },
      },
    };
  }
  const { kind, message, field, hint, code } = error;
  return {
    status: STATUS[kind],
    body: { error: { kind, message, field, hint, code, request_id: requestId } },
  };
};

export interface HttpOptions {
  log: Log;
  /** Host header values this server answers to, without port; on loopback the exact loopback names. */
  hosts: readonly string[] | 'any';
  /** Makes the caller's ctx from the request's credentials, or throws `unauthenticated`. `until`: when they end; `credential`: which they are. */
  authenticate(request: {
    headers: FastifyRequest['headers'];
    socket: Socket;
    method: string;
    requestId: string;
  }): Promise<{ ctx: Ctx; until?: number | undefined; credential?: string | undefined }>;
  /** The ctx of public routes. */
  anonymous(requestId: string): Ctx;
  /**
   * Throws `forbidden` unless the actor may do it. Where only a grant on what the request names may open it, it returns what asks that,
   * once that is read.
   */
  authorize(ctx: Ctx, endpoint: Endpoint): ((said: Said) => Promise<void>) | undefined;
  /** Called once a request is answered, for metrics. */
  observe?(request: { method: string; route: string; status: number; seconds: number }): void;
  /** Check responses against the contract; on in tests and development. */
  checkResponses?: boolean;
}

/** Where a request can name things: the values that its handler gets. */
export type Said = Readonly<Partial<Record<'params' | 'query' | 'body' | 'message', unknown>>>;

export interface Http {
  /** Mounts a face's routes; `options` says how its errors look and whether it is strict about bodies. */
  mount(routes: readonly Route[], options?: MountOptions): void;
  /** For what is not an endpoint of a contract: static files. Public by nature. */
  readonly app: FastifyInstance;
  listen(host: string, port: number): Promise<{ host: string; port: number }>;
  /** Ends the live streams that a credential opened, or somebody: `token:ID`, `user:ID`. */
  endStreams(subject: string): void;
  /** Every mounted endpoint, for the API docs and the route × principal test. */
  readonly routes: readonly Route[];
  close(): Promise<void>;
}

export interface MountOptions {
  errors?: ErrorFace;
  /** Media types besides JSON whose body is parsed as JSON (foreign clients that send none). Never on the native API. */
  anyJson?: boolean;
  /** Its own media type for JSON, read and answered besides application/json. */
  json?: string;
  /** Dress every reply: headers that a foreign protocol wants. */
  headers?: Record<string, string>;
}

/** Bytes of JSON bodies in memory, of all requests under way and of one caller's. */
const BODIES = 256 * 1024 * 1024;
const BODIES_EACH = 128 * 1024 * 1024;
/** From here on JSON is read in a thread: the worst that fits takes the loop some ten milliseconds. */
const ASIDE = 512 * 1024;

export function createHttp(options: HttpOptions): Http {
  const mounted: Route[] = [];
  /** By the first two parts of a path: what no route can be found for is answered in the words of its face, too. */
  const faces = new Map<string, ErrorFace>();
  const streams: Streams = new Map();
  /** Whoever speaks a protocol hears of an address that there is not in its words, too. */
  const faceOf = (url: string): ErrorFace => faces.get(beginning(url)) ?? nativeErrors;
  const app = fastify({
    bodyLimit: 1024 * 1024,
    requestTimeout: 0, // streamed uploads may take long; `watchBodies` ends those that do not go on
    http: { headersTimeout: 30_000, connectionsCheckingInterval: 5000 },
    clientErrorHandler: refuseUnread,
    genReqId: () => newId(),
    logger: false,
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: false, caseSensitive: true, maxParamLength: 2000 },
    exposeHeadRoutes: false,
    // An address that cannot be decoded has no route, and so no hooks.
    frameworkErrors(error, request, reply) {
      void reply.headers(EVERYWHERE);
      const said = addressError(error.code, request.url);
      void sendError(said, request, reply, faceOf(request.url), options.log);
    },
  });
  keepRoom(app.server);
  const bodies = new Budget(BODIES, BODIES_EACH);
  // JSON is parsed after the rule is checked, by the route; everything else stays a stream until a route asks.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

  app.addHook('onRequest', async (request) => {
    guardForm(request.raw);
    const { host, origin, 'sec-fetch-site': site } = request.headers;
    guardHost(host, options.hosts);
    guardOrigin(
      { method: request.method, host, origin, site: typeof site === 'string' ? site : undefined },
      options.hosts,
    );
  });
  watchBodies(app);
  app.addHook('onSend', async (_request, reply) => {
    void reply.headers(EVERYWHERE);
  });
  if (options.observe) {
    const { observe } = options;
    app.addHook('onResponse', async (request, reply) => {
      observe({
        method: request.method,
        route: request.routeOptions.url ?? 'unknown',
        status: reply.statusCode,
        seconds: reply.elapsedTime / 1000,
      });
    });
  }
  app.setErrorHandler(
    (error, request, reply) => void sendError(error, request, reply, faceOf(request.url), options.log),
  );
  app.setNotFoundHandler((request, reply) => {
    const error = new TreadleError('missing', `there is no ${request.method} ${request.url.split('?')[0]}`, {
      hint: 'see /docs for the endpoints',
    });
    void sendError(error, request, reply, faceOf(request.url), options.log);
  });

  return {
    app,
    routes: mounted,
    mount(routes, mount = {}) {
      for (const route of routes) {
        requireRule(route.endpoint);
        mounted.push(route);
        faces.set(beginning(route.endpoint.path), mount.errors ?? nativeErrors);
        app.route({
          // Whatever can be read can be asked about: the same answer without its body.
          method: route.endpoint.method === 'GET' ? ['GET', 'HEAD'] : route.endpoint.method,
          url: route.endpoint.path,
          bodyLimit: Number.MAX_SAFE_INTEGER,
          errorHandler: (error, request, reply) =>
            void sendError(error, request, reply, mount.errors ?? nativeErrors, options.log),
          handler: (request, reply) => serve(route, request, reply, mount, options, streams, bodies),
        });
      }
    },
    async listen(host, port) {
      await app.listen({ host, port }).catch((error: unknown) => {
        throw listenError(error, host, port);
      });
      const address = app.server.address();
      if (address === null || typeof address === 'string') throw new Error('the server has no address');
      return { host, port: address.port };
    },
    endStreams(subject) {
      for (const [end, of] of streams) if (of.includes(subject)) end.abort();
    },
    async close() {
      for (const end of streams.keys()) end.abort();
      // Requests under way are finished; one that will not end does not hold the server for ever.
      const impatience = setTimeout(() => app.server.closeAllConnections(), 10_000);
      await app.close();
      clearTimeout(impatience);
    },
  };
}

const EVERYWHERE = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
};

/** `/api/2.0` of `/api/2.0/mlflow/runs/get?run_id=1`. */
const beginning = (url: string): string => url.split('?', 1)[0]!.split('/', 3).join('/');

function addressError(code: string, url: string): TreadleError {
  if (code === 'FST_ERR_MAX_PARAM_LENGTH')
    return new TreadleError('too-large', 'a part of the address is longer than 2,000 characters', {
      field: 'path',
      hint: 'send long values in the query or the body',
    });
  return invalid(`the address '${url.slice(0, 200)}' is no percent-encoded UTF-8`, {
    field: 'path',
    hint: 'encode its parts as UTF-8: %C3%A9 for é, and %25 for a % itself',
  });
}

/** The parser of queries hands on as text what it cannot decode, and so another value than was meant. */
function refuseUndecoded(url: string): void {
  const query = url.indexOf('?');
  if (query < 0 || !url.includes('%', query)) return;
  try {
    url.slice(query).replaceAll(/(?:%[0-9a-f]{2})+/gi, (some) => decodeURIComponent(some));
  } catch {
    throw invalid('the query is no percent-encoded UTF-8', {
      field: 'query',
      hint: 'encode its values as UTF-8: %C3%A9 for é',
    });
  }
}

/** A route without its rule does not start. TypeScript says so too; this catches what TypeScript cannot see. */
function requireRule(endpoint: Endpoint): void {
  if (endpoint.action !== 'public' && !/^[a-z_]+:(read|write|approve|admin|own)$/.test(endpoint.action)) {
    throw new Error(
      `${endpoint.method} ${endpoint.path} carries no rule: set its action, such as 'run:read'`,
    );
  }
}

async function serve(
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
  mount: MountOptions,
  options: HttpOptions,
  streams: Streams,
  bodies: Budget,
): Promise<FastifyReply> {
  const { endpoint } = route;
  const { ctx, until, credential }: Awaited<ReturnType<HttpOptions['authenticate']>> =
    endpoint.action === 'public'
      ? { ctx: options.anonymous(request.id) }
      : await options.authenticate({
          headers: request.headers,
          socket: request.raw.socket,
          method: request.method,
          requestId: request.id,
        });
  const unsettled = options.authorize(ctx, endpoint);

  const share = new Share(bodies, `${ctx.actor.kind}:${ctx.actor.id}`);
  const aborter = new AbortController();
  let expiry: NodeJS.Timeout | undefined;
  if (endpoint.response === 'events') {
    const { kind, id, user } = ctx.actor;
    // A service account is a user, too, in the words of the events.
    streams.set(aborter, [credential ?? `${kind}:${id}`, `user:${user ?? id}`]);
    if (until !== undefined) expiry = endAt(until, aborter);
  }
  const gone = (): void => {
    clearTimeout(expiry);
    streams.delete(aborter);
    share.end();
    aborter.abort(GONE);
  };
  if (reply.raw.destroyed) gone();
  else reply.raw.once('close', gone);
  refuseUndecoded(request.url);
  refuseUnkept(request.params, 'path');
  refuseUnkept(request.query, 'query');
  // Foreign protocols take fields that we do not know; our own names each of its own.
  if (endpoint.path.startsWith('/api/v1/')) refuseUnknown(endpoint.query, request.query as object);
  const { body } = endpoint;
  const due =
    body === undefined || body === 'bytes'
      ? compiled(endpoint.params, endpoint.query)
      : compiled(endpoint.params, endpoint.query, body);
  if (due) await due;
  const params = parse(endpoint.params, request.params, 'path', { convert: true });
  const query = parse(endpoint.query, request.query, 'query', { convert: true });
  // Of somebody who may not, no body is read where the address alone says so.
  const early =
    unsettled !== undefined &&
    endpoint.about?.every((one) => !('in' in one) || one.in === 'params' || one.in === 'query') === true;
  if (unsettled && early) await unsettled({ params, query });
  const input: Input<Endpoint> = {
    params,
    query,
    // The schema is TSchema here; `route` tied the handler to the precise one.
    body: (await readBody(endpoint, request, mount, share)) as undefined,
    headers: Object.fromEntries(Object.entries(request.headers).map(([key, value]) => [key, String(value)])),
    signal: aborter.signal,
    address: request.raw.socket.remoteAddress,
    dress: (headers, status = 200) => void reply.code(status).headers(headers),
  };
  if (unsettled && !early) {
    const message = route.message ? { message: route.message(input) } : {};
    await unsettled({ params, query, body: input.body, ...message });
  }
  const head = request.method === 'HEAD';
  // Nobody would hear the events.
  if (head && endpoint.response === 'events') return reply.type('text/event-stream').send();
  const output = await route.handle(ctx, input);
  void reply.headers({ 'x-request-id': request.id, ...mount.headers });
  if (endpoint.response === 'bytes') return sendDownload(reply, output as Download, head);
  if (endpoint.response === 'events')
    return sendEvents(reply, output as AsyncIterable<ServerSentEvent>, aborter.signal);
  if (endpoint.response === 'text') {
    const { text, type, status, headers } = output as TextAnswer;
    if (status !== undefined) void reply.code(status);
    if (headers) void reply.headers(headers);
    return reply.type(type ?? 'text/plain; charset=utf-8').send(text);
  }
  if (options.checkResponses && !Value.Check(endpoint.response as TSchema, output)) {
    const first = Value.Errors(endpoint.response as TSchema, output)[0];
    throw new Error(
      `${endpoint.method} ${endpoint.path} answers against its contract: ${first?.instancePath} ${first?.message}`,
    );
  }
  if (reply.statusCode === 204) return reply.send();
  void reply.type(`${mount.json ?? 'application/json'}; charset=utf-8`);
  const written = await writeJson(output ?? {});
  return typeof written === 'string' ? reply.send(written) : sendPieces(reply, written, head);
}

/** A long answer goes out as its reader takes it. */
function sendPieces(reply: FastifyReply, pieces: readonly Buffer[], head: boolean): FastifyReply {
  void reply.header(
    'content-length',
    pieces.reduce((sum, { length }) => sum + length, 0),
  );
  return head ? reply.send() : reply.send(Readable.from(pieces, { objectMode: false }));
}

/** Made once: an exception of its own for every request that ends would cost as much as its routing. */
const GONE = new DOMException('the caller has the answer, or has gone', 'AbortError');

/** Live streams, each with the credential that opened it (`token:ID`, `owner:owner`) and whose that is (`user:ID`). */
type Streams = Map<AbortController, readonly string[]>;

const LONGEST_TIMER = 2 ** 31 - 1;

/** A stream does not outlive its token. One that lasts for longer than a timer can run is asked to come again. */
const endAt = (until: number, aborter: AbortController): NodeJS.Timeout =>
  setTimeout(() => aborter.abort(), Math.min(LONGEST_TIMER, Math.max(0, until - Date.now()))).unref();

async function readBody(
  endpoint: Endpoint,
  request: FastifyRequest,
  mount: MountOptions,
  share: Share,
): Promise<unknown> {
  if (endpoint.body === undefined) return undefined;
  // Where a foreign protocol reads what was asked out of the body of a GET, most of its clients send none.
  const bodiless =
    request.headers['transfer-encoding'] === undefined &&
    Number(request.headers['content-length'] ?? 0) === 0;
  if (endpoint.method === 'GET' && bodiless) return undefined;
  const limit = endpoint.maxBody ?? (endpoint.body === 'bytes' ? Infinity : 1024 * 1024);
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > limit) throw bodyTooLarge(limit);
  if (endpoint.body === 'bytes')
    return limit === Infinity ? request.raw : Readable.from(upTo(limit, request.raw), { objectMode: false });
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  // A page of another origin can send text/plain without asking; only JSON, which it cannot, changes anything.
  if (type !== 'application/json' && type !== mount.json && !(mount.anyJson === true && type === '')) {
    throw invalid(`the body must be JSON, not ${type || 'of no type'}`, {
      field: 'content-type',
      hint: 'send Content-Type: application/json',
      code: 'media-type',
    });
  }
  const coming = taking(share, upTo(limit, request.raw));
  if (endpoint.unread) return coming;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of coming) {
    chunks.push(chunk);
    length += chunk.length;
  }
  if (length === 0 && mount.anyJson === true) return parse(endpoint.body, {}, 'body');
  const value =
    length > ASIDE ? await readJsonAside(chunks) : readJson(Buffer.concat(chunks).toString('utf8'));
  return parse(endpoint.body, value, 'body');
}

/** What a body of JSON holds in memory, it holds until the answer is sent. */
async function* taking(share: Share, body: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of body) {
    share.take(chunk.length);
    yield chunk;
  }
}

/** Counts what really comes, for a chunked body announces no length. The connection stays open for the answer. */
async function* upTo(limit: number, body: Readable): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw bodyTooLarge(limit);
    yield chunk;
  }
}

const bodyTooLarge = (limit: number): TreadleError =>
  new TreadleError('too-large', `the request body is larger than ${Math.floor(limit / 1024)} KiB`, {
    field: 'body',
    hint: 'send less at once',
  });

/** Both spellings: some clients, MLflow's among them, read the older one alone. */
const named = (filename: string): string =>
  `; filename="${filename.replaceAll(/[^ -~]|["\\%]/g, '_')}"; filename*=UTF-8''${encodeURIComponent(filename)}`;

async function sendDownload(reply: FastifyReply, download: Download, head: boolean): Promise<FastifyReply> {
  const { stream, type, size, filename, range, etag, immutable } = download;
  void reply.headers({
    'content-type': type ?? 'application/octet-stream',
    'content-disposition': `attachment${filename === undefined ? '' : named(filename)}`,
    'content-security-policy': "sandbox; default-src 'none'",
    'accept-ranges': 'bytes',
    ...(size === undefined ? {} : { 'content-length': String(size) }),
    ...(etag === undefined ? {} : { etag: `"${etag}"` }),
    ...(immutable === true ? { 'cache-control': 'private, max-age=31536000, immutable' } : {}),
  });
  if (range) void reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${range.total}`);
  if (!head) return reply.send(stream);
  if (!(stream instanceof Uint8Array)) stream.destroy();
  return reply.send();
}

/** What many streams tell is written once. */
const texts = new WeakMap<object, string>();

function textOf(data: unknown): string {
  if (typeof data !== 'object' || data === null) return JSON.stringify(data);
  let text = texts.get(data);
  if (text === undefined) texts.set(data, (text = JSON.stringify(data)));
  return text;
}

async function sendEvents(
  reply: FastifyReply,
  events: AsyncIterable<ServerSentEvent>,
  signal: AbortSignal,
): Promise<FastifyReply> {
  // The connection ends with the stream: one kept open would hold up the server's stop.
  void reply.headers({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    connection: 'close',
  });
  async function* lines(): AsyncGenerator<string> {
    yield ': connected\n\n';
    for await (const { id, event, data } of events) {
      if (signal.aborted) return;
      yield `${id === undefined ? '' : `id: ${id}\n`}${event === undefined ? '' : `event: ${event}\n`}data: ${textOf(data)}\n\n`;
    }
  }
  return reply.send(Readable.from(lines()));
}

async function sendError(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  face: ErrorFace,
  log: Log,
): Promise<void> {
  const known = thrown instanceof TreadleError ? thrown : fromFastify(thrown);
  if (!known) {
    const fields = { request_id: request.id, method: request.method, url: request.url };
    // An upload whose sender went away is no fault of ours, nor is work that was given up when its caller left.
    const left = thrown instanceof Error && thrown.name === 'AbortError' && reply.raw.destroyed;
    if (left || (request.raw.destroyed && !request.raw.complete))
      log.info('the caller went away in the middle of its request', fields);
    else log.error('request failed', { ...fields, error: thrown });
  }
  const { status, body, reason } = face(known, request.id);
  // A header line: one line, of printable ASCII.
  if (reason !== undefined)
    reply.raw.statusMessage = reason
      .replaceAll(/\s+/g, ' ')
      .replaceAll(/[^ -~]/g, '?')
      .slice(0, 1000);
  // An unread upload would keep the connection busy for a reply nobody waits for.
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  const hasBody = encoding !== undefined || Number(length ?? 0) > 0;
  if (hasBody && !request.raw.readableEnded) void reply.header('connection', 'close');
  if (status === 401) void reply.header('www-authenticate', 'Basic realm="treadle", Bearer');
  if (status === 429 || status === 503) void reply.header('retry-after', String(known?.retryAfter ?? 1));
  await reply
    .code(status)
    .type('application/json; charset=utf-8')
    // What a download that then failed had said of its content does not hold for the error.
    .header('cache-control', 'no-store')
    .removeHeader('etag')
    .removeHeader('content-disposition')
    .header('x-request-id', request.id)
    .send(JSON.stringify(body));
}

function listenError(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const known = {
    EADDRINUSE: 'another program listens there already',
    EACCES: 'this user may not listen there',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTFOUND: 'no such host is known',
  };
  const what = typeof code === 'string' && code in known ? known[code as keyof typeof known] : undefined;
  if (what === undefined) return error;
  return new TreadleError('conflict', `the server cannot listen on ${host} port ${port}: ${what}`, {
    field: code === 'EADDRINUSE' || code === 'EACCES' ? 'port' : 'host',
    hint: 'choose another with --port or --host; --port 0 takes a free one',
    cause: error,
  });
}

/** What Fastify itself refuses before a route is asked, such as a media type that cannot be read. */
function fromFastify(thrown: unknown): TreadleError | undefined {
  if (!(thrown instanceof Error) || !('statusCode' in thrown) || !('code' in thrown)) return undefined;
  const { statusCode } = thrown;
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode >= 500) return undefined;
  return new TreadleError(statusCode === 413 ? 'too-large' : 'invalid', thrown.message, { cause: thrown });
}
