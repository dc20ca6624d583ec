import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Outbound } from './outbound.ts';

/** A way through the door for a program that speaks to other hosts itself. */
export interface Tunnel extends AsyncDisposable {
  /** For the program's settings: a proxy with a key that holds as long as the tunnel. */
  readonly url: string;
}

/**
 * A proxy on loopback that leads to the host of one URL and to no other, by the rules of the door: the program behind it (git) can be
 * told by a server to look elsewhere, and gets nowhere.
 */
export async function openTunnel(outbound: Outbound, target: string, signal: AbortSignal): Promise<Tunnel> {
  const to = outbound.check(target);
  const key = randomBytes(24).toString('hex');
  const wanted = Buffer.from(`Basic ${Buffer.from(`treadle:${key}`).toString('base64')}`);
  const open = new Set<Duplex>();
  const keep = <T extends Duplex>(socket: T): T => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    return socket;
  };
  const mayPass = ({ headers }: IncomingMessage): boolean => {
    const shown = Buffer.from(headers['proxy-authorization'] ?? '');
    return shown.length === wanted.length && timingSafeEqual(shown, wanted);
  };
  const reach = async (): Promise<Socket> => keep(await outbound.connect(target, { signal }));
  const port = to.port || (to.protocol === 'https:' ? '443' : '80');

  const server = createServer((asked, answer) => void forward(asked, answer).catch(() => answer.destroy()));
  server.on('connection', keep);
  server.on(
    'connect',
    (asked, socket, head) => void tunnel(asked, keep(socket), head).catch(() => socket.destroy()),
  );

  /** https: what goes through is between the program and the host. */
  async function tunnel(asked: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const bare = to.hostname.replace(/^\[|\]$/g, '');
    const same = asked.url === `${to.hostname}:${port}` || asked.url === `${bare}:${port}`;
    if (!mayPass(asked) || !same) {
      socket.end(
        `HTTP/1.1 ${mayPass(asked) ? '403 Forbidden' : '407 Proxy Authentication Required'}\r\nproxy-authenticate: Basic\r\nconnection: close\r\n\r\n`,
      );
      return;
    }
    const there = await reach();
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    if (head.length > 0) there.write(head);
    socket.pipe(there).pipe(socket);
    socket.once('close', () => there.destroy());
    there.once('close', () => socket.destroy());
  }

  /** http: a request at a time, as a proxy is asked. */
  async function forward(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const url = asked.url !== undefined && URL.canParse(asked.url) ? new URL(asked.url) : undefined;
    if (!mayPass(asked)) {
      answer.writeHead(407, { 'proxy-authenticate': 'Basic', connection: 'close' }).end();
      return;
    }
    if (url?.origin !== to.origin || to.protocol !== 'http:') {
      answer.writeHead(403, { connection: 'close' }).end();
      return;
    }
    const socket = await reach();
    const { 'proxy-authorization': _key, 'proxy-connection': _connection, ...headers } = asked.headers;
    const on = request({
      method: asked.method,
      path: `${url.pathname}${url.search}`,
      headers: { ...headers, connection: 'close' },
      createConnection: () => socket,
    });
    on.on('response', (said) => {
      answer.writeHead(said.statusCode ?? 502, said.headers);
      said.pipe(answer);
    });
    on.on('error', () => answer.destroy());
    answer.on('close', () => on.destroy());
    asked.pipe(on);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: at } = server.address() as AddressInfo;
  return {
    url: `http://treadle:${key}@127.0.0.1:${at}`,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
