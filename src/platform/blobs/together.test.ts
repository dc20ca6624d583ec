import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { openTest } from '../../../test/harness.ts';

test('two who store the same at once leave a store that opens again', async (t) => {
  const data = mkdtempSync(path.join(tmpdir(), 'treadle-together-'));
  t.after(() => rmSync(data, { recursive: true, force: true }));
  const bytes = Buffer.from('the same bytes, twice at once');
  {
    await using server = await openTest({ data });
    const { blobs } = server.ctx;
    const [one, two] = await Promise.all([blobs.put(bytes), blobs.put(bytes)]);
    assert.equal(one.hash, two.hash);
  }
  // The bytes of whoever came second have no row: what the folder says that rows must know does not name them.
  await using again = await openTest({ data });
  assert.deepEqual(again.errors, []);
});
