import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import test from 'node:test';
import { fits } from './notice.ts';
import { eachDatabase, openSqliteTest, type OpenDatabase } from '../platform/db/databases.suite.ts';
import { mailServer, openRoom, receiver, type Got } from './receivers.suite.ts';

interface Body {
  type: string;
  data: { group: string; alerts: Array<{ subject: string; event: string; url: string; text: string }> };
}
const said = ({ body }: Got): string[] =>
  (JSON.parse(body) as Body).data.alerts.map(({ subject, event }) => `${subject} ${event}`);

/** What waits, is tried again and is given up lies in the database. */
function channelsSuite(on: string, open: OpenDatabase): void {
  test(`${on}: a webhook gets each step once, signed after Standard Webhooks; steps of a group that come together are one message`, async () => {
    await using to = await receiver();
    await using room = await openRoom(open, to.port);
    const { secret, channel } = await room.add('ops', { kind: 'webhook', url: `${to.url}/hook` });
    assert.match(secret ?? '', /^whsec_/);
    assert.deepEqual(channel.secrets, ['secret']);
    await room.tell();
    await room.tell({ subject: 'alert:2', endpoint: 'flight-late-eu' });
    await room.tell({ subject: 'alert:3', group: 'late/data', cause: 'data' });
    await room.tell({ subject: 'alert:4', event: 'resolved' }); // never told to fire
    await room.pass();
    assert.deepEqual(to.got.map((one) => said(one).join(', ')).toSorted(), [
      'alert:1 firing, alert:2 firing',
      'alert:3 firing',
    ]);
    for (const { headers, body } of to.got) {
      const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
      const key = Buffer.from(secret!.slice(6), 'base64');
      const signature = createHmac('sha256', key).update(signed).digest('base64');
      assert.equal(headers['webhook-signature'], `v1,${signature}`);
    }
    const first = JSON.parse(to.got[0]!.body) as Body;
    assert.equal(first.data.alerts[0]?.url, 'https://treadle.example/alerts/1');
    await room.tell({ event: 'acknowledged', by: 'ana', note: 'the feed is being mended' });
    await room.tell({ event: 'resolved' });
    await room.pass();
    assert.deepEqual(said(to.got[2]!), ['alert:1 acknowledged', 'alert:1 resolved']);
    assert.equal(to.got.length, 3);
    assert.ok((await room.deliveries()).every(({ state }) => state === 'sent'));
  });

  test(`${on}: the same step twice is told once, and a page does not wait`, async () => {
    await using to = await receiver();
    await using room = await openRoom(open, to.port);
    await room.add('ops', { kind: 'webhook', url: to.url });
    await room.tell({ severity: 'page', seq: 7 });
    await room.tell({ severity: 'page', seq: 7 });
    await room.pass(0);
    assert.deepEqual(to.got.map(said), [['alert:1 firing']]);
    assert.equal((await room.deliveries()).length, 1);
  });

  test(`${on}: a receiver that is down gets the same message again and the rest in order; what is given up can be sent again`, async () => {
    await using to = await receiver(503, 500, 200, 200, ...Array.from({ length: 10 }, () => 503));
    await using room = await openRoom(open, to.port);
    await room.add('ops', { kind: 'webhook', url: to.url });
    await room.tell();
    await room.pass();
    await room.tell({ event: 'resolved' });
    for (const wait of [6_000, 25_000, 0]) await room.pass(wait);
    assert.deepEqual(to.got.map(said), [
      ['alert:1 firing'],
      ['alert:1 firing'],
      ['alert:1 firing'],
      ['alert:1 resolved'],
    ]);
    assert.equal(new Set(to.got.slice(0, 3).map(({ headers }) => headers['webhook-id'])).size, 1);
    assert.equal((await room.list())[0]?.failures, 0);
    await room.tell({ subject: 'alert:9' });
    for (let n = 0; n < 11; n++) await room.pass(4_000_000);
    assert.equal(to.got.length, 14);
    const [dead] = await room.deliveries();
    assert.deepEqual(
      [dead?.state, dead?.attempts, dead?.error],
      ['dead', 10, 'the receiver answered 503: no matter'],
    );
    assert.deepEqual(
      (await room.list()).map((one) => [one.dead, one.failures]),
      [[1, 10]],
    );
    assert.ok(room.house.records.some(({ action }) => action === 'channel.gave_up'));
    await room.call('POST', '/api/v1/deliveries/:delivery/resend', { params: { delivery: dead!.id } });
    await room.pass(0);
    assert.deepEqual(said(to.got[14]!), ['alert:9 firing']);
    assert.equal((await room.deliveries())[0]?.state, 'sent');
  });

  test(`${on}: what a receiver says is wrong is not tried again; a door that is closed to us is not knocked at`, async () => {
    await using to = await receiver(404);
    await using room = await openRoom(open, to.port);
    await room.add('chat', { kind: 'slack', url: to.url });
    await room.tell();
    await room.pass();
    await room.pass(4_000_000);
    assert.equal(to.got.length, 1);
    assert.equal((await room.deliveries())[0]?.state, 'dead');
    await assert.rejects(room.add('inside', { kind: 'webhook', url: 'http://127.0.0.1:1/' }), {
      kind: 'forbidden',
      field: 'url',
    });
    await assert.rejects(
      room.add('post', {
        kind: 'email',
        host: '127.0.0.1',
        port: 26,
        from: 'a@b.example',
        to: ['c@d.example'],
      }),
      { kind: 'forbidden', field: 'host' },
    );
    await assert.rejects(room.add('chat2', { kind: 'slack' }), { kind: 'invalid', field: 'url' });
    await assert.rejects(room.add('pd', { kind: 'pagerduty' }), { kind: 'invalid', field: 'routing_key' });
  });

  test(`${on}: Slack: one message, and what models wrote is no markup`, async () => {
    await using to = await receiver();
    await using room = await openRoom(open, to.port);
    await room.add('chat', { kind: 'slack', url: `${to.url}/services/SECRET` });
    await room.tell();
    await room.tell({ subject: 'alert:2' });
    await room.pass();
    assert.equal(to.got.length, 1);
    const { text, blocks } = JSON.parse(to.got[0]!.body) as {
      text: string;
      blocks: Array<{ text: { text: string } }>;
    };
    assert.equal(text, '2 steps of alerts: late, drift');
    assert.match(
      blocks[0]!.text.text,
      /^\*<https:\/\/treadle\.example\/alerts\/1\|firing \(ticket\): drift of flight-late>\*/,
    );
    assert.match(blocks[0]!.text.text, /0\.4 &amp; more &lt;b&gt;/);
    const shown = JSON.stringify([await room.list(), room.house.records, room.house.lines]);
    assert.ok(!shown.includes('SECRET'), 'the address is a secret');
  });

  test(`${on}: PagerDuty: steps of an alert meet by their key`, async () => {
    await using to = await receiver(202, 202, 202);
    await using room = await openRoom(open, to.port);
    await room.add('night', { kind: 'pagerduty', routing_key: 'KEY', url: to.url }, { severities: ['page'] });
    await room.tell();
    await room.tell({ subject: 'alert:5', severity: 'page', cause: 'performance' });
    await room.tell({ subject: 'alert:5', severity: 'page', event: 'acknowledged', by: 'ana' });
    await room.tell({ subject: 'alert:5', severity: 'page', event: 'resolved' });
    for (let n = 0; n < 3; n++) await room.pass(0);
    const events = to.got.map(
      ({ body }) =>
        JSON.parse(body) as {
          routing_key: string;
          event_action: string;
          dedup_key: string;
          payload: { severity: string; source: string };
        },
    );
    assert.deepEqual(
      events.map((one) => [one.event_action, one.dedup_key, one.routing_key, one.payload.severity]),
      ['trigger', 'acknowledge', 'resolve'].map((action) => [
        action,
        'treadle/default/alert:5',
        'KEY',
        'critical',
      ]),
    );
    assert.ok(!JSON.stringify([await room.list(), room.house.records]).includes('KEY'));
  });

  test(`${on}: Alertmanager: one alert a call, with annotations also at its end, and told again while it goes on`, async () => {
    await using to = await receiver();
    await using room = await openRoom(open, to.port);
    await room.add('am', { kind: 'alertmanager', url: `${to.url}/`, token: 'TOKEN' });
    await room.tell();
    await room.tell({ subject: 'alert:2' });
    for (let n = 0; n < 2; n++) await room.pass();
    const alerts = () =>
      to.got.map(({ path, headers, body }) => {
        assert.deepEqual([path, headers.authorization], ['/api/v2/alerts', 'Bearer TOKEN']);
        const list = JSON.parse(body) as Array<{
          labels: Record<string, string>;
          annotations: Record<string, string>;
          startsAt: string;
          endsAt: string;
        }>;
        assert.equal(list.length, 1);
        return list[0]!;
      });
    assert.deepEqual(
      alerts().map(({ labels }) => labels['treadle_alert']),
      ['alert:1', 'alert:2'],
    );
    assert.equal(alerts()[0]?.labels['alertname'], 'TreadleDrift');
    await room.tell({ event: 'resolved' });
    await room.pass();
    const [first, , end] = alerts();
    assert.deepEqual(end?.labels, first?.labels, 'the labels are the alert');
    assert.match(end?.annotations['description'] ?? '', /stability index/);
    assert.ok(Date.parse(end!.endsAt) <= room.clock.now());
    assert.ok(Date.parse(first!.endsAt) > room.clock.now());
    await room.house.ctx.write((tx) => tx.enqueue(room.refresh, {}));
    await room.pass();
    assert.deepEqual(
      alerts()
        .slice(3)
        .map(({ labels }) => labels['treadle_alert']),
      ['alert:2'],
      'what is over is not told again',
    );
  });

  test(`${on}: mail: one conversation an alert; a server that is not trusted gets nothing; no mailbox is the last word`, async () => {
    await using server = await mailServer();
    await using room = await openRoom(open, server.port);
    const at = { kind: 'email', host: '127.0.0.1', port: server.port, from: 'treadle@a.example' } as const;
    await room.add('mail', { ...at, security: 'none', to: ['ml@a.example', 'ops@a.example'] });
    await room.add('strict', { ...at, to: ['ml@a.example'] });
    await room.add('lost', { ...at, security: 'none', to: ['nobody@a.example'] });
    await assert.rejects(
      room.add('open', { ...at, security: 'none', user: 'u', password: 'PASSWORD', to: ['ml@a.example'] }),
      { kind: 'invalid', field: 'security' },
    );
    await room.tell({ title: 'drift of late\r\nBcc: everybody@a.example' });
    await room.pass();
    assert.deepEqual(
      server.mails.map(({ to }) => to),
      [['ml@a.example', 'ops@a.example']],
    );
    const [{ text } = { text: '' }] = server.mails;
    assert.match(text, /^Subject: \[Treadle\] firing \(ticket\): drift of late Bcc/m);
    assert.doesNotMatch(text.slice(0, text.indexOf('\r\n\r\n')), /^Bcc/m);
    assert.match(text, /https:\/\/treadle\.example\/alerts\/1/);
    assert.match(text, /^Message-ID: <msg_[0-9a-f]{32}@treadle\.invalid>/im);
    const states = (await room.deliveries()).map(({ channel, state }) => `${channel} ${state}`);
    assert.deepEqual(states.toSorted(), ['lost dead', 'mail sent', 'strict waiting']);
    assert.match((await room.list()).find(({ name }) => name === 'strict')?.last_error ?? '', /certificate/);
  });

  test(`${on}: a trial says what came of it; a channel that is off, or gone, is told nothing`, async () => {
    await using to = await receiver(200, 500);
    await using room = await openRoom(open, to.port);
    await room.add('ops', { kind: 'webhook', url: to.url });
    const trial = () =>
      room.call<{ sent: boolean; error?: string }>('POST', '/api/v1/channels/:channel/test', {
        params: { channel: 'ops' },
      });
    assert.equal((await trial()).sent, true);
    assert.match((await trial()).error ?? '', /answered 500/);
    const set = (body: object) =>
      room.call<{ secret?: string }>('PATCH', '/api/v1/channels/:channel', {
        params: { channel: 'ops' },
        body,
      });
    await room.tell();
    await assert.rejects(set({ route: { causes: ['data', 'banana'] } }), {
      field: 'route.causes[1]',
      hint: 'causes are: data, drift, performance',
    });
    await set({ enabled: false });
    await room.pass();
    assert.deepEqual(
      (await room.deliveries()).map(({ state, error }) => [state, error]),
      [['dead', 'the channel is switched off']],
    );
    await room.tell({ subject: 'alert:8' });
    assert.equal((await room.deliveries()).length, 1);
    assert.equal((await set({ enabled: true })).secret, undefined);
    assert.match(
      (await set({ settings: { kind: 'webhook', url: `${to.url}/other` } })).secret ?? '',
      /^whsec_/,
    );
    await room.tell({ subject: 'alert:9' });
    await room.call('DELETE', '/api/v1/channels/:channel', { params: { channel: 'ops' } });
    await room.pass();
    assert.equal(to.got.length, 2);
    assert.deepEqual(await room.list(), []);
  });
}

// Each database in its turn is for the deep tests: receivers are slow, and the queue has a suite of its own on every one.
if (process.env['TREADLE_TEST_WHOLE'] === '1') eachDatabase(channelsSuite);
else channelsSuite('SQLite', openSqliteTest);

test('a route takes what fits all that it says', () => {
  const notice = { severity: 'ticket', cause: 'drift', endpoint: 'flight-late-eu' } as const;
  assert.ok(fits({}, notice));
  assert.ok(
    fits({ severities: ['ticket', 'page'], causes: ['drift'], endpoints: ['x', 'flight-*-eu'] }, notice),
  );
  assert.ok(!fits({ severities: ['page'] }, notice));
  assert.ok(!fits({ causes: ['data'] }, notice));
  for (const [pattern, is] of [
    ['*', true],
    ['flight*', true],
    ['*late*', true],
    ['flight-late-eu', true],
    ['flight-late', false],
    ['*-eu*eu', false],
    ['flight-late-eu*eu', false],
  ] as const)
    assert.equal(fits({ endpoints: [pattern] }, notice), is, pattern);
});
