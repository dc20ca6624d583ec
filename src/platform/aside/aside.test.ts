import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAside, LATE } from './index.ts';

const thread = (body: string): URL =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`import { parentPort } from 'node:worker_threads';${body}`)}`,
  );

void test('a question that takes too long is answered with LATE, and the next one by a new thread', async () => {
  const aside = createAside<number, number>({
    file: thread(
      `parentPort.on('message', (n) => { if (n < 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); parentPort.postMessage(n * 2); });`,
    ),
    name: 'test',
    deadline: 500, // it sleeps: six times as long by the clock
  });
  const order: number[] = [];
  const ask = async (n: number): Promise<number | typeof LATE> => {
    const answer = await aside.ask(n);
    order.push(n);
    return answer;
  };
  assert.deepEqual(await Promise.all([ask(1), ask(-1), ask(2)]), [2, LATE, 4]);
  assert.deepEqual(order, [1, -1, 2]);
});

void test('the time of a question is that of the processor: one that waits has longer, one that computes has not', async () => {
  const aside = createAside<number, number>({
    file: thread(
      `import { setTimeout } from 'node:timers/promises';
       parentPort.on('message', async (n) => { if (n === 0) for (;;); await setTimeout(n); parentPort.postMessage(n); });`,
    ),
    name: 'test',
    deadline: 1000,
  });
  assert.equal(await aside.ask(1200), 1200);
  // The one before used some, and that is not this one's.
  const began = performance.now();
  assert.equal(await aside.ask(0), LATE);
  assert.ok(performance.now() - began > 990);
});

void test('a thread that takes too much memory is LATE; one that fails says so, and is there again', async () => {
  const aside = createAside<string, string>({
    file: thread(
      `parentPort.on('message', (what) => { if (what === 'throw') throw new Error('boom'); const all = []; while (what === 'fill') all.push(new Array(1e5).fill(all.length)); parentPort.postMessage(what); });`,
    ),
    name: 'test',
    deadline: 240_000,
  });
  await assert.rejects(aside.ask('throw'), /boom/);
  assert.equal(await aside.ask('fill'), LATE);
  assert.equal(await aside.ask('fine'), 'fine');
});

void test('what waits is bounded', async () => {
  const aside = createAside<number, number>({
    file: thread(`parentPort.on('message', (n) => parentPort.postMessage(n));`),
    name: 'test',
    deadline: 240_000,
  });
  const asked = await Promise.allSettled(Array.from({ length: 300 }, (_one, i) => aside.ask(i)));
  const kept = asked.filter(({ status }) => status === 'fulfilled').length;
  assert.ok(kept >= 200 && kept < 300, String(kept));
  const refused = asked.find((one) => one.status === 'rejected');
  assert.match(String(refused?.reason), /too many files wait/);
});
