import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { lockInTurn } from './lock.ts';

test('who wants a lock gets it when it is given back, one at a time; what is no lock is not waited for', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-lock-'));
  try {
    const file = path.join(folder, 'deep', 'a.lock');
    let holders = 0;
    const order: number[] = [];
    const take = async (who: number): Promise<void> => {
      const release = await lockInTurn(file);
      assert.equal(++holders, 1);
      order.push(who);
      await new Promise(setImmediate);
      holders--;
      release();
    };
    await Promise.all([1, 2, 3].map(take));
    assert.deepEqual(
      order.toSorted((a, b) => a - b),
      [1, 2, 3],
    );
    mkdirSync(path.join(folder, 'b.lock'));
    await assert.rejects(lockInTurn(path.join(folder, 'b.lock')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
