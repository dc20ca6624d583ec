import { randomBytes, createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { conflict, invalid, messageOf } from '../platform/errors/index.ts';
import { makeFolders } from '../platform/files/index.ts';
import type { Log } from '../platform/log/index.ts';
import type { Processes } from '../platform/processes/index.ts';
import {
  createLive,
  createPlanes,
  planeMeasures,
  type CallerVerdict,
  type TableEndpoint,
} from '../serving/index.ts';
import type { OpenedPackage } from './open-package.ts';

export interface ServePackage {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** Names that callers may use for this machine, besides loopback's. */
  allowHosts: readonly string[];
  /** What callers show as `Authorization: Bearer …`. */
  token?: string;
  /** Everybody who reaches the port may ask: a container behind somebody else's door. */
  open: boolean;
  /** Name of the endpoint; the model's unless said. */
  name?: string;
  /** Processes; by the machine's cores unless said. */
  processes?: number;
  /** A folder for sockets. */
  work: string;
}

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]', '::1'];
/** As a server's own endpoints. */
const QUEUE = { most: 1000, deadline: 30_000 };
const SERIAL = 1;

/** Serves an opened package by the data plane of a server, with one endpoint that never changes. */
export async function servePackage(
  opened: OpenedPackage,
  options: ServePackage,
  { processes, log }: { processes: Processes; log: Log },
): Promise<{ url: string; endpoint: string; close(): Promise<void> }> {
  const { host, token } = options;
  const loopback = LOOPBACK.includes(host);
  if (!loopback && token === undefined && !options.open)
    throw invalid(`a package may not be served on ${host} to everybody`, {
      field: 'host',
      hint: 'set TREADLE_TOKEN to what callers must show, or add --open where something else keeps strangers out',
    });
  await usable(host, options.port);
  const { document, place } = opened;
  const name = options.name ?? nameOf(document.model);
  makeFolders(options.work, 0o700);
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const live = createLive();
  const planes = createPlanes({
    processes,
    log,
    data: options.work,
    host,
    port: options.port,
    count: options.processes,
    plane: {
      hosts: loopback
        ? [...LOOPBACK, ...options.allowHosts]
        : options.allowHosts.length > 0
          ? options.allowHosts
          : 'any',
      isolation: processes.isolation,
      key: randomBytes(32).toString('hex'),
      log: 'warn',
    },
    authenticate: async ({ authorization }) => callerOf(token, authorization),
    crashed: (_key, { reason, back_in }) => log.warn('a host of the model ended', { reason, back_in }),
    lost: (_key, problem) => log.error('the model could not be loaded again', { problem }),
    fell(recent, why) {
      // One that never came up will not come up: a port that is taken, a library that is missing.
      if (planes.port === undefined && recent >= 3) failed.reject(new Error(why));
    },
    stats: (plane, variants) => live.add(plane, variants),
    measures: async (workspace) => planeMeasures(workspace, planes, live),
  });
  try {
    planes.start();
    const loaded = await planes.load(place, place.limits.load);
    const entry: TableEndpoint = {
      id: 'package',
      workspace: 'default',
      name,
      revision: 1,
      serial: SERIAL,
      variants: [
        {
          role: 'champion',
          percent: 100,
          model: document.model,
          version: document.version,
          key: place.key,
        },
      ],
      sticky: false,
      queue: QUEUE,
      strict: false,
    };
    live.know(
      { serial: SERIAL, workspace: entry.workspace, endpoint_id: entry.id, endpoint: name, revision: 1 },
      entry.variants.map(({ role, percent, model, version }) => ({
        role,
        percent,
        model,
        version,
        version_ref: `model_version:${model}/${version}`,
        runtime: place.runtime,
      })),
    );
    await planes.put(entry, [place]);
    loaded.release();
    const port = await Promise.race([listening(() => planes.port), failed.promise]);
    return {
      url: `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`,
      endpoint: name,
      close: () => planes.close(),
    };
  } catch (error) {
    await planes.close();
    throw error;
  }
}

/** Says at once that a port is taken, rather than after the data plane has tried for a while. */
async function usable(host: string, port: number): Promise<void> {
  const probe = createServer();
  try {
    await once(probe.listen(port, host.replace(/^\[(.*)\]$/, '$1')), 'listening');
  } catch (error) {
    throw conflict(`port ${port} of ${host} cannot be listened on: ${messageOf(error)}`, {
      field: 'port',
      hint: 'name another with --port; 0 takes a free one',
    });
  }
  probe.close();
  await once(probe, 'close');
}

/** An endpoint's name from a model's, which may hold more signs. */
const nameOf = (model: string): string =>
  model
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 100) || 'model';

function callerOf(token: string | undefined, authorization: string | undefined): CallerVerdict {
  const caller: CallerVerdict = { ok: true, workspace: 'default', may: true, name: 'caller' };
  if (token === undefined) return caller;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  if (authorization !== undefined && timingSafeEqual(digest(authorization), digest(`Bearer ${token}`)))
    return caller;
  return {
    ok: false,
    status: 401,
    message: 'this package is served to callers with its token: Authorization: Bearer …',
  };
}

async function listening(port: () => number | undefined): Promise<number> {
  for (;;) {
    const found = port();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
