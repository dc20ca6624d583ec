import assert from 'node:assert/strict';
import test from 'node:test';
import { openTest } from '../../../test/harness.ts';

test('events over HTTP: live, resumed, filtered; a wrong place is refused; the server closes with a stream open', async () => {
  const server = await openTest();
  const { ctx } = server;
  const emit = (subject: string, type = 'thing.made') => ctx.write((tx) => tx.emit({ type, subject }));
  await emit('thing:0');
  const aborter = new AbortController();
  const live = await fetch(`${server.url}/api/v1/events?types=thing.made`, { signal: aborter.signal });
  assert.equal(live.headers.get('content-type'), 'text/event-stream');
  const reader = live.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const until = async (what: string): Promise<void> => {
    while (!text.includes(what)) {
      const { value, done } = await reader.read();
      assert.ok(!done, `the stream ended before ${what} came: ${text}`);
      text += value;
    }
  };
  await until('event: ready');
  await emit('thing:1', 'thing.done');
  await emit('thing:2');
  await until('thing:2');
  assert.ok(!text.includes('thing:0') && !text.includes('thing:1'));
  const id = Number([...text.matchAll(/^id: (\d+)$/gm)].at(-1)?.[1]);
  aborter.abort();

  await emit('thing:3');
  const again = await fetch(`${server.url}/api/v1/events`, { headers: { 'last-event-id': String(id) } });
  const resumed = again.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  while (!rest.includes('thing:3')) rest += (await resumed.read()).value ?? '';
  assert.ok(!rest.includes('thing:2') && !rest.includes('ready'));

  const wrong = await fetch(`${server.url}/api/v1/events`, { headers: { 'last-event-id': 'seven' } });
  assert.equal(wrong.status, 400);
  assert.deepEqual(server.errors, []);
  const closing = server[Symbol.asyncDispose](); // with `again` still open
  while (!(await resumed.read().catch(() => ({ done: true }))).done); // the stop ends the stream
  await closing;
});
