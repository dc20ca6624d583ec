import assert from 'node:assert/strict';
import test from 'node:test';
import { openTest } from '../../test/harness.ts';
import { executionRow } from '../../test/pipeline-rows.ts';
import { insertExecution } from './store.ts';
import { goodExecution } from './views.ts';

const param = (value: number, from: string): string => JSON.stringify([{ name: 'c', value, from }]);

test('what was run with parameters or data set by hand is the base of what was set in the same way, and of nothing else', async () => {
  await using server = await openTest();
  const { ctx } = server;
  const id = (n: number): string => String(n).padStart(32, '0');
  const data = JSON.stringify({ data: { rows: 'rows@v1' } });
  const rows = [
    { params: param(1, 'file') },
    { params: param(2, 'request') },
    { params: param(1, 'file'), options: data },
    { params: param(1, 'file') }, // the one that asks
    { params: param(2, 'request') },
    { params: param(3, 'request') },
    { params: param(1, 'file'), options: data },
  ];
  await ctx.write(async (tx) => {
    for (const [i, own] of rows.entries())
      await insertExecution(
        tx,
        executionRow({ id: id(i + 1), number: i + 1, branch: i < 3 ? 'main' : 'topic', ...own }),
      );
  });
  const base = async (before: number) =>
    (await goodExecution(ctx, { pipeline: 'p', branch: 'main', before: id(before) }))?.number;
  assert.deepEqual(await Promise.all([4, 5, 6, 7].map(base)), [1, 2, 1, 3]);
});
