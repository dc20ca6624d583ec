import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import { testClock } from '../../clock/index.ts';
import type { Ctx } from '../../ctx/index.ts';
import { openSqliteTest } from '../../db/databases.suite.ts';
import type { Input, Route } from '../../http/index.ts';
import type { Endpoint } from '../../http/contract.ts';
import { openHouse } from '../../jobs/house.suite.ts';
import { createOutbound } from '../../outbound/index.ts';
import type { EventTables } from '../schema.ts';
import type { Webhook } from './contract.ts';
import { signedHeaders } from './sign.ts';
import { createWebhooks } from './webhooks.ts';

/** A receiver that answers with the statuses given, then 200. */
async function receiver(...statuses: number[]) {
  const got: Array<{ headers: IncomingHttpHeaders; body: string }> = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      got.push({ headers: request.headers, body });
      response.writeHead(statuses.shift() ?? 200).end('ignored');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    got,
    url: `http://127.0.0.1:${port}/hook`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

type Shown = { webhook: Webhook; secret?: string };

async function open(...statuses: number[]) {
  const opened = await openSqliteTest();
  const clock = testClock();
  const to = await receiver(...statuses);
  const outbound = createOutbound({ allow: [`127.0.0.1:${new URL(to.url).port}`] });
  const webhooks = createWebhooks(outbound);
  const house = await openHouse(opened.database, {
    clock,
    types: [webhooks.deliver],
    subscribers: [webhooks.subscriber],
  });
  const call = async <T>(
    ctx: Ctx,
    method: string,
    path: string,
    input: { params?: object; body?: object } = {},
  ): Promise<T> => {
    const route = webhooks.routes.find(
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
  return {
    house,
    clock,
    to,
    create: (types: string[], ctx = house.ctx, url = to.url) =>
      call<Shown>(ctx, 'POST', '/api/v1/webhooks', { body: { url, types } }),
    update: (id: string, body: object, ctx = house.ctx) =>
      call<Shown>(ctx, 'PATCH', '/api/v1/webhooks/:webhook', { params: { webhook: id }, body }),
    remove: (id: string) =>
      call<Webhook>(house.ctx, 'DELETE', '/api/v1/webhooks/:webhook', { params: { webhook: id } }),
    list: async (ctx = house.ctx) => (await call<{ items: Webhook[] }>(ctx, 'GET', '/api/v1/webhooks')).items,
    emit: (type: string, subject: string, ctx = house.ctx) =>
      ctx.write((tx) => tx.emit({ type, subject, data: { x: 1 } })),
    async settled() {
      await house.events.settled();
      await house.jobs.tick();
      await house.jobs.idle();
    },
    async [Symbol.asyncDispose]() {
      await house.stop();
      await to.close();
      await opened[Symbol.asyncDispose]();
    },
  };
}

test('the signature is that of the Standard Webhooks specification', () => {
  // The example of the specification's reference libraries.
  const headers = signedHeaders(
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    'msg_p5jXN8AQM9LWM0D4loKWxJek',
    1_614_265_330_000,
    '{"test": 2432232314}',
  );
  assert.deepEqual(headers, {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('events of the wanted types and of the own workspace are sent, signed, once', async () => {
  await using room = await open();
  await room.emit('run.created', 'run:before'); // before the webhook was made
  const { webhook, secret } = await room.create(['run.created', 'model.*']);
  assert.match(secret ?? '', /^whsec_[A-Za-z0-9+/]{43}=$/);
  for (const [type, subject] of [
    ['run.created', 'run:1'],
    ['run.deleted', 'run:1'],
    ['model.promoted', 'model:1'],
    ['modelling.done', 'x:1'],
  ] as const)
    await room.emit(type, subject);
  await room.emit('run.created', 'run:other', room.house.ctx.as({ workspace: 'other' }));
  await room.settled();
  const bodies = room.to.got.map(
    ({ body }) =>
      JSON.parse(body) as { type: string; timestamp: string; data: { subject: string; data: unknown } },
  );
  assert.deepEqual(bodies.map(({ type, data }) => `${type} ${data.subject}`).toSorted(), [
    'model.promoted model:1',
    'run.created run:1',
  ]);
  assert.deepEqual(bodies[0]?.data.data, { x: 1 });
  for (const { headers, body } of room.to.got) {
    const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
    const key = Buffer.from(secret!.slice(6), 'base64');
    assert.equal(
      headers['webhook-signature'],
      `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
    );
    assert.equal(headers['content-type'], 'application/json');
  }
  assert.equal(new Set(room.to.got.map(({ headers }) => headers['webhook-id'])).size, 2);
  const [shown] = await room.list();
  assert.equal(shown?.last_status, 200);
  assert.equal(shown.id, webhook.id);
  assert.ok(!JSON.stringify(shown).includes('whsec_'), 'the secret is write-only');
  assert.deepEqual(await room.list(room.house.ctx.as({ workspace: 'other' })), []);
  assert.ok(!JSON.stringify(room.house.records).includes('whsec_'), 'the ledger never sees it');
  assert.deepEqual(
    room.house.records.map(({ action }) => action),
    ['webhook.created'],
  );
});

test('a receiver that fails is tried again with the same id, and one that is gone is left alone', async () => {
  await using room = await open(500, 503, 200, 410);
  const { webhook } = await room.create(['run.*']);
  await room.emit('run.created', 'run:1');
  await room.settled();
  assert.equal((await room.list())[0]?.last_error, 'it answered 500');
  for (const wait of [6_000, 25_000]) {
    room.clock.advance(wait);
    await room.settled();
  }
  assert.equal(room.to.got.length, 3);
  assert.equal(new Set(room.to.got.map(({ headers }) => headers['webhook-id'])).size, 1);
  assert.deepEqual(new Set(room.to.got.map(({ body }) => body)).size, 1);
  await room.emit('run.created', 'run:2');
  await room.settled();
  assert.equal((await room.list())[0]?.enabled, false, '410 disables it');
  await room.emit('run.created', 'run:3');
  await room.settled();
  assert.equal(room.to.got.length, 4);
  await room.update(webhook.id, { enabled: true });
  await room.emit('run.created', 'run:4');
  await room.settled();
  assert.equal(room.to.got.length, 5);
});

test('a new URL drops the secret; other changes keep it', async () => {
  await using room = await open();
  const { webhook, secret } = await room.create(['*']);
  const stored = async () =>
    (
      await room.house.ctx.db
        .$extendTables<EventTables>()
        .selectFrom('webhook')
        .select('secret')
        .executeTakeFirstOrThrow()
    ).secret;
  assert.equal((await room.update(webhook.id, { types: ['run.*'], url: room.to.url })).secret, undefined);
  assert.equal(await stored(), secret);
  const moved = await room.update(webhook.id, { url: `${room.to.url}/elsewhere` });
  assert.notEqual(moved.secret, secret);
  assert.equal(await stored(), moved.secret);
  const renewed = await room.update(webhook.id, { new_secret: true });
  assert.notEqual(renewed.secret, moved.secret);
  await assert.rejects(
    room.update(webhook.id, { enabled: false }, room.house.ctx.as({ workspace: 'other' })),
    { kind: 'missing' },
  );
});

test('an internal URL is refused when the webhook is made, and nothing is kept', async () => {
  await using room = await open();
  for (const url of [
    'http://127.0.0.1:1/',
    'http://169.254.169.254/',
    'https://x:y@example.com/',
    'ftp://example.com/',
  ]) {
    await assert.rejects(room.create(['*'], room.house.ctx, url), { field: 'url' }, url);
  }
  assert.deepEqual(await room.list(), []);
  assert.deepEqual(room.house.records, []);
});

test('a workspace has so many webhooks and no more', async () => {
  await using room = await open();
  for (let n = 0; n < 200; n++) await room.create(['run.*']);
  await assert.rejects(room.create(['run.*']), { kind: 'conflict', message: /200 webhooks already/ });
  const [first] = await room.list();
  await room.remove(first!.id);
  await room.create(['run.*']);
  assert.equal((await room.list()).length, 200);
});

test('without a webhook the subscriber rests and writes nothing; after the last one it rests again', async () => {
  await using room = await open();
  const cursor = async () =>
    (
      await room.house.ctx.db
        .$extendTables<EventTables>()
        .selectFrom('event_cursor')
        .select('seq')
        .where('subscriber', '=', 'webhooks')
        .executeTakeFirstOrThrow()
    ).seq;
  await room.emit('run.created', 'run:1');
  await room.settled();
  assert.equal(await cursor(), 0);
  const { webhook } = await room.create(['run.*']);
  await room.emit('run.created', 'run:2');
  await room.settled();
  assert.ok((await cursor()) > 0);
  await room.remove(webhook.id);
  await room.emit('run.created', 'run:3');
  await room.create(['run.*']);
  await room.settled();
  assert.equal(room.to.got.length, 1, 'what happened between two webhooks is for neither');
});

test('a receiver that only fails is said once, switched off after long, and left alone until somebody switches it on', async () => {
  await using room = await open(...Array.from({ length: 40 }, () => 500));
  const { webhook } = await room.create(['run.*']);
  const said = () => room.house.lines.filter((line) => line.includes('webhook'));
  for (const n of [1, 2, 3]) await room.emit('run.created', `run:${n}`);
  await room.settled();
  assert.equal((await room.list())[0]?.failures, 3);
  assert.equal(said().length, 1, 'three failures are one line');
  for (let n = 3; n < 20; n++) {
    assert.equal((await room.list())[0]?.enabled, true);
    room.clock.advance(1_300_000);
    await room.settled();
    if ((await room.list())[0]?.enabled === false) break;
  }
  const [off] = await room.list();
  assert.equal(off?.enabled, false);
  assert.match(
    off.last_error ?? '',
    /^switched off after \d+ failed attempts in a row; the last: it answered 500$/,
  );
  assert.equal(said().length, 2);
  assert.deepEqual(
    room.house.records.map(({ action }) => action),
    ['webhook.created', 'webhook.paused'],
  );
  const sent = room.to.got.length;
  assert.ok(sent >= 20, `switched off after ${sent} attempts`);
  await room.emit('run.created', 'run:4');
  room.clock.advance(20_000_000);
  await room.settled();
  assert.equal(room.to.got.length, sent, 'nothing is sent meanwhile');
  assert.equal((await room.update(webhook.id, { enabled: true })).webhook.failures, 0);
  await room.emit('run.created', 'run:5');
  await room.settled();
  assert.equal(room.to.got.length, sent + 1);
});
