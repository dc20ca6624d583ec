import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { turnsDuring } from '../../../test/turns.ts';
import { giveOver } from './grant.ts';

const skip = process.getuid?.() === 0 ? false : 'only root gives folders away';

test(
  'a folder of many files is given with turns in between, and all of it but what is left out',
  { skip },
  async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'treadle-give-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const kept = path.join(folder, 'in');
    for (const at of ['in', 'a', 'a/b']) mkdirSync(path.join(folder, at), { mode: 0o700 });
    for (let i = 0; i < 5000; i++) writeFileSync(path.join(folder, 'a/b', `${i}`), '', { mode: 0o600 });
    writeFileSync(path.join(kept, 'x'), '', { mode: 0o600 });
    const { turns } = await turnsDuring(() => giveOver(folder, [kept], 54_321));
    assert.ok(turns >= 1, `${turns} turns`);
    for (const at of ['', 'a', 'a/b']) assert.equal(statSync(path.join(folder, at)).uid, 54_321, at);
    for (const i of [0, 4999]) {
      const { uid, mode } = statSync(path.join(folder, 'a/b', `${i}`));
      assert.deepEqual([uid, mode & 0o777], [0, 0o644]);
    }
    assert.deepEqual([statSync(kept).uid, statSync(path.join(kept, 'x')).mode & 0o777], [0, 0o600]);
  },
);
