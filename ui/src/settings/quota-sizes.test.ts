import assert from 'node:assert/strict';
import test from 'node:test';
import { countOf, sizeOf, sizeText } from './quota-sizes.ts';

test('sizes are read as people type them, and a limit is shown as what it is', () => {
  assert.deepEqual(
    ['20GiB', '1.5 kb', '500MB', '12', '12 B', '', ' ', '2Gi', '-1', '9999999TB', 'x'].map(sizeOf),
    [20 * 1024 ** 3, 1500, 5e8, 12, 12, null, null, undefined, undefined, undefined, undefined],
  );
  assert.deepEqual(['100,000', '7', '', '1.5'].map(countOf), [100_000, 7, null, undefined]);
  for (const bytes of [0, 1, 1000, 1024, 1025, 3 * 1024 ** 3, 5e8])
    assert.equal(sizeOf(sizeText(bytes)), bytes);
  assert.equal(sizeText(20 * 1024 ** 3), '20 GiB');
});
