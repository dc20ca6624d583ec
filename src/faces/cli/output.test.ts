import assert from 'node:assert/strict';
import test from 'node:test';
import { clip, number, table, upTo } from './output.ts';

test('a list is read page by page, up to what was asked for', async () => {
  const asked: Array<{ limit: number; page?: string }> = [];
  const all = Array.from({ length: 1200 }, (_one, i) => i);
  const read = async (page: { limit: number; page?: string }) => {
    asked.push(page);
    const from = Number(page.page ?? 0);
    const to = from + page.limit;
    return { items: all.slice(from, to), ...(to < all.length ? { next: String(to) } : {}) };
  };
  assert.deepEqual(await upTo(2, read), { items: [0, 1], more: true });
  assert.deepEqual(asked.splice(0), [{ limit: 2 }]);
  const most = await upTo(1100, read);
  assert.deepEqual([most.items.length, most.items.at(-1), most.more], [1100, 1099, true]);
  assert.deepEqual(asked.splice(0), [
    { limit: 500 },
    { limit: 500, page: '500' },
    { limit: 100, page: '1000' },
  ]);
  assert.deepEqual(await upTo(1200, read), { items: all, more: false });
});

test('a cell is one line of printable text, and a zero keeps its sign', () => {
  assert.equal(table(['a', 'b'], [['x\ny\u001b[31m', -0]]), 'a            b\nx y [31m  -0.0');
  assert.deepEqual(
    [-0, 0.123456, 12].map((value) => number(value, 3)),
    ['-0.0', '0.123', '12'],
  );
  assert.equal(clip('abcdef', 4), 'abc…');
});
