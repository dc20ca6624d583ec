import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import { testClock } from '../platform/clock/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import type { OpenDatabase } from '../platform/db/databases.suite.ts';
import type { Endpoint } from '../platform/http/contract.ts';
import type { Input, Route } from '../platform/http/index.ts';
import { openHouse } from '../platform/jobs/house.suite.ts';
import { createOutbound } from '../platform/outbound/index.ts';
import type { Channel, ChannelSettings, Delivery, Route as Routing } from './contract.ts';
import { migrations, openChannels, type Notice } from './index.ts';

export interface Got {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Answers with the statuses given, then 200. */
export async function receiver(...statuses: number[]) {
  const got: Got[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      got.push({ path: request.url ?? '', headers: request.headers, body });
      response.writeHead(statuses.shift() ?? 200).end('no matter');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    got,
    port,
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A real mail server that takes everything but what is for `nobody@…`. */
export async function mailServer() {
  const mails: Array<{ to: string[]; text: string }> = [];
  const server = new SMTPServer({
    authOptional: true,
    logger: false,
    onRcptTo: ({ address }, _session, callback) =>
      callback(
        address.startsWith('nobody@')
          ? Object.assign(new Error('no such mailbox'), { responseCode: 550 })
          : null,
      ),
    onData(stream, session, callback) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        mails.push({ to, text: Buffer.concat(parts).toString() });
        callback();
      });
    },
  });
  server.on('error', () => undefined); // a client that does not trust its certificate hangs up
  const port = await new Promise<number>((resolve) => {
    const listening = server.listen(0, '127.0.0.1', () => resolve((listening.address() as AddressInfo).port));
  });
  return {
    mails,
    port,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

/** The room alone, on a clock that is moved by hand; these ports of loopback may be called. */
export async function openRoom(open: OpenDatabase, ...ports: Array<number | string>) {
  const opened = await open();
  const clock = testClock();
  const outbound = createOutbound({ allow: ports.map((port) => `127.0.0.1:${port}`) });
  const channels = openChannels({
    outbound,
    causes: ['data', 'drift', 'performance'],
    publicUrl: 'https://treadle.example',
  });
  const house = await openHouse(opened.database, { clock, types: channels.jobs, migrations });
  const call = async <T>(ctx: Ctx, method: string, path: string, input: object = {}): Promise<T> => {
    const route = channels.routes.find(
      ({ endpoint }: Route) => endpoint.method === method && endpoint.path === path,
    )!;
    // The server would have validated it against the same contract.
    return (await route.handle(ctx, {
      params: {},
      query: {},
      headers: {},
      signal: new AbortController().signal,
      ...input,
    } as unknown as Input<Endpoint>)) as T;
  };
  let seq = 0;
  const { ctx } = house;
  return {
    house,
    clock,
    refresh: channels.schedules.find(({ name }) => name === 'channel.refresh')!.type,
    call: <T>(method: string, path: string, input?: object) => call<T>(ctx, method, path, input),
    add: (name: string, settings: ChannelSettings, route?: Routing) =>
      call<{ channel: Channel; secret?: string }>(ctx, 'POST', '/api/v1/channels', {
        body: { name, settings, ...(route ? { route } : {}) },
      }),
    list: async () => (await call<{ items: Channel[] }>(ctx, 'GET', '/api/v1/channels')).items,
    deliveries: async () => (await call<{ items: Delivery[] }>(ctx, 'GET', '/api/v1/deliveries')).items,
    /** One step, and no news is sent yet. */
    async tell(change: Partial<Notice> = {}): Promise<void> {
      const notice: Notice = {
        subject: 'alert:1',
        seq: ++seq,
        event: 'firing',
        at: clock.now(),
        since: clock.now(),
        group: 'late/drift',
        severity: 'ticket',
        cause: 'drift',
        endpoint: 'flight-late',
        model: 'late',
        version: 3,
        title: 'drift of flight-late',
        text: 'in_distance: stability index 0.4 & more <b>',
        facts: [['columns', 'in_distance']],
        path: '/alerts/1',
        ...change,
      };
      await ctx.write((tx) => channels.notify(tx, notice));
    },
    /** Time passes, and what is due is done. */
    async pass(ms = 11_000): Promise<void> {
      clock.advance(ms);
      await house.jobs.tick();
      await house.jobs.idle();
    },
    async [Symbol.asyncDispose]() {
      await house.stop();
      await opened[Symbol.asyncDispose]();
    },
  };
}
