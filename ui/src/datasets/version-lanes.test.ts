import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { layoutLanes } from './version-lanes.ts';

test('a straight history is one lane', () => {
  const { rows, width } = layoutLanes([
    { id: 'v3', parents: ['v2'] },
    { id: 'v2', parents: ['v1'] },
    { id: 'v1', parents: [] },
  ]);
  assert.equal(width, 1);
  assert.deepEqual(
    rows.map(({ lines }) => lines),
    [[{ from: 0, to: 0 }], [{ from: 0, to: 0 }], []],
  );
});

test('a branch takes a second lane and comes home where it began', () => {
  const { rows, width } = layoutLanes([
    { id: 'v4', parents: ['v2'] },
    { id: 'v3', parents: ['v2'] },
    { id: 'v2', parents: ['v1'] },
    { id: 'v1', parents: [] },
  ]);
  assert.deepEqual(
    rows.map(({ lane }) => lane),
    [0, 1, 0, 0],
  );
  assert.equal(width, 2);
  assert.deepEqual(rows[1]!.lines, [
    { from: 0, to: 0 },
    { from: 1, to: 0 },
  ]);
});

test('a version with two parents opens a lane for the second', () => {
  const { rows } = layoutLanes([
    { id: 'v3', parents: ['v2', 'other'] },
    { id: 'v2', parents: [] },
    { id: 'other', parents: [] },
  ]);
  assert.deepEqual(rows[0]!.lines, [
    { from: 0, to: 0 },
    { from: 0, to: 1 },
  ]);
  assert.deepEqual(rows[1]!.lines, [{ from: 1, to: 1 }]);
  assert.equal(rows[2]!.lane, 1);
});

test('a parent beyond the page leaves a line that runs off it', () => {
  const { rows } = layoutLanes([{ id: 'v9', parents: ['v8'] }]);
  assert.deepEqual(rows[0]!.lines, [{ from: 0, to: 0 }]);
});

test('any history: following the lines from a version reaches each of its parents', () => {
  const history = fc.array(fc.uniqueArray(fc.nat(30), { maxLength: 3 }), { maxLength: 30 }).map((all) =>
    // Newest first, parents further down.
    all.map((offsets, i) => ({ id: `v${i}`, parents: offsets.map((offset) => `v${i + 1 + offset}`) })),
  );
  fc.assert(
    fc.property(history, (versions) => {
      const { rows, width } = layoutLanes(versions);
      versions.forEach((version, i) => {
        for (const parent of version.parents) {
          const at = versions.findIndex(({ id }) => id === parent);
          let lanes = new Set([rows[i]!.lane]);
          for (let row = i; row < (at < 0 ? versions.length : at); row++) {
            lanes = new Set(rows[row]!.lines.filter(({ from }) => lanes.has(from)).map(({ to }) => to));
          }
          assert.ok(at < 0 ? lanes.size > 0 : lanes.has(rows[at]!.lane), `${version.id} → ${parent}`);
        }
        assert.ok(
          rows[i]!.lane < width && rows[i]!.lines.every(({ from, to }) => from < width && to < width),
        );
      });
    }),
  );
});
