import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { openTest } from '../../../test/harness.ts';
import { turnsDuring } from '../../../test/turns.ts';

test('thousands of small blobs are stored, stored again and read with turns for everybody else', async () => {
  await using server = await openTest();
  const { blobs } = server.ctx;
  const inputs = Array.from({ length: 5000 }, (_, i) => ({ bytes: Buffer.from(`blob ${i}`) }));
  const fresh = await blobs.putMany(inputs);
  const again = await turnsDuring(() => blobs.putMany(inputs));
  assert.deepEqual(again.value, fresh);
  assert.ok(again.turns > 1, `${again.turns} turns where all were stored already`);
  let read = 0;
  const { turns } = await turnsDuring(async () => {
    for await (const { content } of blobs.readMany(fresh.map(({ hash }) => hash)))
      assert.deepEqual(content, inputs[read++]!.bytes);
  });
  assert.equal(read, 5000);
  assert.ok(turns > 1, `${turns} turns while they were read`);
});

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
