import assert from 'node:assert/strict';
import test from 'node:test';
import { clip, number, printable, table, upTo } from './output.ts';

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
  assert.equal(table(['name', 'n'], [['x'.repeat(5000), 1]]).split('\n')[1]?.length, 123);
});

test('what others sent reaches no terminal as a command; colours and line breaks do', () => {
  assert.equal(
    printable('a\tb\n\u001b[31mred\u001b[0m \u001b]0;title\u0007 \u001b[2J \u009b2J \u202egpj.exe'),
    'a\tb\n\u001b[31mred\u001b[0m \ufffd]0;title\ufffd \ufffd[2J \ufffd2J \ufffdgpj.exe',
  );
});
