import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { httpStream, pieces } from '../../../../test/fuzz/http-streams.ts';
import { answers, converse, openOracle, type Understood } from '../../../../test/fuzz/oracle.ts';
import { campaign, random } from '../../../../test/fuzz/random.ts';
import { silentLog } from '../../../platform/log/index.ts';
import type { Protocol } from '../exchange.ts';
import { createFront } from './front.ts';

/** A front whose one protocol records what it was asked, and answers with it. */
async function open(t: TestContext) {
  const seen: Array<
    Pick<Understood, 'method' | 'url' | 'body'> & { header(name: string): string | undefined }
  > = [];
  const echo: Protocol = (request, reply) => {
    const { method, path, query, body } = request;
    const url = query === '' ? path : `${path}?${query}`;
    seen.push({ method, url, body: body.toString('latin1'), header: (name) => request.header(name) });
    reply.send(200, 'text/plain', Buffer.from(`${method} ${url} ${body.toString('latin1')}`, 'latin1'));
    return true;
  };
  const front = createFront({
    protocols: [echo],
    door: {
      callersEpoch: 0,
      // Not at once, as after a start: requests wait for it with half of their bytes.
      authenticate: (_credentials, done) =>
        setImmediate(() => done({ ok: true, workspace: 'w', may: true, name: 'ada' })),
    },
    hosts: ['127.0.0.1', 'localhost'],
    log: silentLog,
  });
  const { port } = await front.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => front.close(100));
  return { port, seen };
}

test('whatever bytes come, the front understands only what Node does, as Node does, and answers in order', async (t) => {
  const { port, seen } = await open(t);
  const oracle = await openOracle();
  t.after(() => oracle.server.close());
  const { seed, count } = campaign(300, 40_000);
  const next = random(seed);
  let understood = 0;
  for (let n = 0; n < count; n++) {
    const bytes = httpStream(next, `m${n}`);
    const shown = `stream ${n}: ${JSON.stringify(bytes.toString('latin1').replaceAll(/x{50,}/g, 'x…'))}`;
    oracle.seen.length = 0;
    seen.length = 0;
    await converse(oracle.port, [bytes]);
    const heard = answers(await converse(port, pieces(next, bytes)));
    understood += seen.length;
    const known = [...oracle.seen];
    for (const one of seen) {
      const at = known.findIndex(
        ({ method, url, body }) =>
          // An empty query is none.
          method === one.method && url.replace(/\?$/, '') === one.url && body === one.body,
      );
      const [same] = known.splice(at, at === -1 ? 0 : 1); // each once
      assert.ok(
        same,
        `${shown} became ${one.method} ${one.url} ${one.body}, but Node sees ${JSON.stringify(known)}`,
      );
      for (const [name, value] of Object.entries(same.headers))
        assert.equal(one.header(name), value, `${shown}: header ${name}`);
    }
    for (const { status } of heard) assert.ok(status < 500, `${shown}: ${status}`);
    const good = heard.filter(({ status }) => status === 200);
    assert.ok(good.length <= seen.length, shown);
    // Each in its turn: the order in which Node saw the heads.
    const turns = oracle.seen.map(({ method, url, body }) =>
      method === 'HEAD' ? '' : `${method} ${url.replace(/\?$/, '')} ${body}`,
    );
    let turn = -1;
    for (const { body } of good) {
      turn = turns.indexOf(body, turn + 1);
      assert.notEqual(turn, -1, `${shown} was answered ${body}`);
    }
  }
  assert.ok(understood > count / 3, `only ${understood} requests were understood`);
  console.log(`${count} streams, ${understood} requests understood`);
});
