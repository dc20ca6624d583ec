import assert from 'node:assert/strict';
import test from 'node:test';
import { MOST_WAITING, type Lane } from './lanes.ts';
import { createQueue } from './queue.ts';

const GiB = 1024 ** 3;
const room = (most: Partial<Record<Lane, number>> = {}, resident = GiB) => ({
  look: { most: most.look ?? 3, resident },
  work: { most: most.work ?? 2, resident },
  background: { most: most.background ?? 1, resident },
});

/** Who is in, in the order of entering; each place is given back by name. */
function openHouse(queue: ReturnType<typeof createQueue>) {
  const inside: string[] = [];
  const leave = new Map<string, () => void>();
  return {
    inside,
    ask(name: string, lane: Lane, workspace = 'a', signal?: AbortSignal): Promise<void> {
      return queue.take(lane, workspace, signal).then((giveBack) => {
        inside.push(name);
        leave.set(name, () => {
          inside.splice(inside.indexOf(name), 1);
          giveBack();
        });
      });
    },
    async leave(name: string): Promise<void> {
      leave.get(name)!();
      await settled();
    },
  };
}
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test('what no person waits for never takes the places of those who look', async () => {
  const house = openHouse(createQueue(room({ work: 9, background: 9 }), 100 * GiB));
  for (let i = 0; i < 5; i++) void house.ask(`work${i}`, 'work');
  for (let i = 0; i < 5; i++) void house.ask(`background${i}`, 'background');
  await settled();
  assert.deepEqual(house.inside, ['work0', 'work1']);
  for (let i = 0; i < 3; i++) void house.ask(`look${i}`, 'look');
  await settled();
  assert.deepEqual(house.inside, ['work0', 'work1', 'look0', 'look1']);
  await house.leave('work0');
  assert.ok(house.inside.includes('look2'), 'a look that waits goes before work that waits longer');
  await house.leave('look0');
  assert.ok(house.inside.includes('work2'), 'and does not keep work out for ever: three looks are the most');
});

test('looks leave a place to others, and work one to the background', async () => {
  const house = openHouse(createQueue(room(), 100 * GiB));
  for (let i = 0; i < 9; i++) void house.ask(`look${i}`, 'look');
  void house.ask('background', 'background');
  await settled();
  assert.deepEqual(house.inside, ['look0', 'look1', 'look2', 'background']);
});

test('memory is bounded in sum, apart for looks and for all else, and one question is always let in', async () => {
  const house = openHouse(createQueue(room({}, 3 * GiB), 4 * GiB));
  for (const lane of ['look', 'work', 'background'] as const)
    for (let i = 0; i < 2; i++) void house.ask(`${lane}${i}`, lane);
  await settled();
  assert.deepEqual(house.inside, ['look0', 'work0']);
  const small = openHouse(createQueue(room({}, 9 * GiB), GiB));
  void small.ask('first', 'look');
  void small.ask('second', 'look');
  await settled();
  assert.deepEqual(small.inside, ['first']);
  await small.leave('first');
  assert.deepEqual(small.inside, ['second']);
});

test('who leaves gives up the turn or the place, and is told why', async () => {
  const queue = createQueue(room({ look: 1 }), 100 * GiB);
  const house = openHouse(queue);
  const left = new AbortController();
  await house.ask('first', 'look');
  const waiting = house.ask('second', 'look', 'a', left.signal);
  void house.ask('third', 'look');
  left.abort(new Error('gone'));
  await assert.rejects(waiting, /gone/);
  await assert.rejects(queue.take('look', 'a', left.signal), /gone/);
  await house.leave('first');
  assert.deepEqual(house.inside, ['third']);
});

test('a place that is given back twice is one place', async () => {
  const queue = createQueue(room({ look: 1 }), 100 * GiB);
  const house = openHouse(queue);
  const giveBack = await queue.take('look', 'a', undefined);
  giveBack();
  giveBack();
  for (let i = 0; i < 3; i++) void house.ask(`look${i}`, 'look');
  await settled();
  assert.deepEqual(house.inside, ['look0']);
});

test('a workspace with many questions does not keep another out', async () => {
  const house = openHouse(createQueue(room(), 100 * GiB));
  for (let i = 0; i < 9; i++) void house.ask(`many${i}`, 'look', 'a');
  void house.ask('other', 'look', 'b');
  await settled();
  assert.deepEqual(house.inside, ['many0', 'many1', 'many2']);
  await house.leave('many1');
  assert.deepEqual(house.inside, ['many0', 'many2', 'other']);
});

test('what waits is bounded', async () => {
  const queue = createQueue(room({ look: 1 }), 100 * GiB);
  const asked = Array.from({ length: MOST_WAITING + 2 }, () => queue.take('look', 'a', undefined));
  await assert.rejects(asked.at(-1)!, { kind: 'limited' });
  assert.equal(typeof (await asked[0]!), 'function');
});
