import assert from 'node:assert/strict';
import { test } from 'node:test';
import { convertAside, type Ended, type Lane } from './convert-aside.ts';

/** A thread whose end of work is said by the test. */
function laneByHand(): Lane & { end(made: Parameters<Ended['done']>[0]): void } {
  let done: Ended['done'] | undefined;
  return {
    get busy() {
      return done !== undefined;
    },
    give: (_journal, then) => (done = then),
    end(made) {
      const then = done;
      done = undefined;
      then?.(made);
    },
    close: () => undefined,
  };
}

test('of two threads on one journal the one that finds it gone says nothing; what both cannot do is a problem, once', async () => {
  const [calm, pressing] = [laneByHand(), laneByHand()];
  const aside = convertAside({ lane: (patient) => (patient ? calm : pressing) });
  const heard: string[] = [];
  const convert = (journal: string): void =>
    aside.convert({
      journal,
      bytes: 7,
      done: (made) => heard.push('problem' in made ? made.problem : `${journal}: ${made.segment?.file}`),
    });
  const gone = { problem: 'ENOENT' };

  convert('a');
  let hurried = aside.hurry();
  assert.ok(calm.busy && pressing.busy, 'who waits has another thread on it');
  calm.end(gone);
  assert.deepEqual([heard, aside.waiting], [[], 7]);
  pressing.end({ segment: { file: 'a.parquet', bytes: 1 } });
  await hurried;
  assert.deepEqual([heard, aside.waiting], [['a: a.parquet'], 0]);

  convert('b');
  hurried = aside.hurry();
  calm.end({ segment: { file: 'b.parquet', bytes: 1 } });
  await hurried;
  pressing.end(gone);
  assert.deepEqual(heard.splice(0), ['a: a.parquet', 'b: b.parquet']);

  convert('c');
  hurried = aside.hurry();
  pressing.end(gone);
  calm.end({ problem: 'no room' });
  await hurried;
  assert.deepEqual([heard, aside.waiting], [['no room'], 0]);
});
