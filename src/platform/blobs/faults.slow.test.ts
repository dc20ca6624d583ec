import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test from 'node:test';
import type { BlobBackend, Staged } from './backend.ts';
import { pieces, withBlobs } from './blobs.suite.ts';
import { blake3, openDisk } from './index.ts';

/** A disk whose n-th writing step fails. */
function failing(folder: string, fault: { at: number; seen: number }): BlobBackend {
  const disk = openDisk(folder);
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    if (++fault.seen === fault.at) throw Object.assign(new Error('the disk said no'), { code: 'EIO' });
    return work();
  };
  return {
    ...disk,
    append: (bytes) => step(() => disk.append(bytes)),
    sync: (regions) => step(() => disk.sync(regions)),
    async stage(): Promise<Staged> {
      const staged = await step(() => disk.stage());
      return {
        write: (chunks) => step(() => staged.write(chunks)),
        finish: (hash) => step(() => staged.finish(hash)),
        abort: () => staged.abort(),
      };
    },
  };
}

test('a fault at any step fails that put alone: nothing of it shows, and the next one works', async () => {
  const fault = { at: 0, seen: 0 };
  const small = randomBytes(2000);
  const large = randomBytes(5 * 1024 * 1024);
  const many = Array.from({ length: 600 }, (_, i) => ({ bytes: randomBytes(100 + i) }));
  let steps = 1;
  for (let at = 1; at <= steps; at++) {
    fault.seen = 0;
    fault.at = at;
    await withBlobs(
      (folder) => failing(folder, fault),
      async ({ store, rows, reopen }) => {
        const results = await Promise.allSettled([
          store.put(small),
          store.put(pieces(large, 100_000)),
          store.putMany([...many, { bytes: randomBytes(4_500_000) }]),
        ]);
        steps = Math.max(steps, fault.seen);
        const failed = results.filter(({ status }) => status === 'rejected');
        assert.ok(failed.length <= 1, 'one fault, one failure');
        const [one, two, three] = results.map(({ status }) => status === 'fulfilled');
        assert.equal(await rows(), Number(one) + Number(two) + (three === true ? many.length + 1 : 0));
        for (const again of [false, true]) {
          if (again) await reopen();
          if (one === true) assert.ok((await store.read(blake3(small))).equals(small));
          if (two === true) assert.ok((await store.read(blake3(large))).equals(large));
          if (three === true)
            assert.equal((await store.has(many.map(({ bytes }) => blake3(bytes)))).size, many.length);
        }
        // The same puts again, now that the disk is well.
        for (const bytes of [small, large]) await store.put(bytes);
        await store.putMany(many);
        for (const bytes of [small, large, many[77]!.bytes])
          assert.ok((await store.read(blake3(bytes))).equals(bytes));
      },
    );
  }
  assert.ok(steps >= 12, `only ${steps} steps were seen`);
});
