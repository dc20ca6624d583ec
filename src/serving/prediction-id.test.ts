import assert from 'node:assert/strict';
import test from 'node:test';
import { makeIds } from './prediction-id.ts';

const key = Buffer.alloc(32, 7);

test('an id says which revision and variant answered, and when', () => {
  let at = 1_795_420_800_000;
  const ids = makeIds(key, { now: () => at });
  const first = ids.next(12, 'champion');
  at += 5;
  const second = ids.next(2_000_000_000, 'canary');
  assert.deepEqual(ids.read(first), { serial: 12, role: 'champion', at: at - 5 });
  assert.deepEqual(ids.read(second), { serial: 2_000_000_000, role: 'canary', at });
  assert.ok(first < second, 'ids sort by time');
  assert.equal(ids.again(2_000_000_000, 'canary', ids.made), second);
  assert.ok(first.length <= 64);
});

test('no two ids are equal, however many a millisecond, and though the clock goes back', () => {
  let at = 1000;
  const ids = makeIds(key, { now: () => at });
  const other = makeIds(key, { now: () => at });
  const seen = new Set<string>();
  for (let index = 0; index < 20_000; index++) {
    seen.add(ids.next(1, 'champion')).add(ids.next(1, 'shadow')).add(ids.next(2, 'champion'));
    if (index === 9000) at -= 500;
  }
  for (let index = 0; index < 100; index++) seen.add(other.next(1, 'champion'));
  assert.equal(seen.size, 60_100);
  for (const id of seen) assert.ok(ids.read(id), id);
});

test('what this server did not make is nobody’s', () => {
  const ids = makeIds(key);
  const id = ids.next(3, 'champion');
  assert.equal(makeIds(Buffer.alloc(32, 8)).read(id), undefined);
  for (let place = 0; place < id.length; place++) {
    const changed = id.slice(0, place) + (id[place] === 'a' ? 'b' : 'a') + id.slice(place + 1);
    assert.equal(ids.read(changed), undefined, `changed at ${place}`);
  }
  for (const odd of ['', 'x', id.slice(1), `${id}0`, id.toUpperCase(), '../../etc', 'é'.repeat(35)])
    assert.equal(ids.read(odd), undefined);
});
