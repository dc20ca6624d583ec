import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import test from 'node:test';

test('docs/schema/database.sql is what the migrations make, and none that it names has changed', () => {
  const script = path.join(import.meta.dirname, '..', 'scripts', 'database-schema.mjs');
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  assert.equal(
    status,
    0,
    `${stderr}To write it anew, with what is new in it: node scripts/database-schema.mjs`,
  );
});
