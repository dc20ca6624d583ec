import assert from 'node:assert/strict';
import test from 'node:test';
import { runHere as run } from '../../../test/cli.ts';
import { openTest } from '../../../test/harness.ts';
import type { ReleaseRow } from '../../releases/store.ts';
import { insertRelease, requireRelease } from '../../releases/store.ts';

const ID = 'f'.repeat(32);

test('errors of the server speak of arguments and options; an id given to cancel is of an execution or a release', async (t) => {
  await using server = await openTest();
  const { ctx, url } = server;

  await t.test('a field is told as what was typed', async () => {
    for (const [line, message] of [
      [
        ['releases', 'deadbeef'],
        /^treadle: <release> is "deadbeef", which has not the form .*\n {2}→ .*32 hex/,
      ],
      [['release', 'late@v1', '--to', ''], /^treadle: --to /],
      [['release', 'late', '--data', 'd@v1', '--label', 'l', '--rule', ''], /^treadle: --rule is empty/],
      [['deploy', 'late', '--to', 'no/name'], /^treadle: --to is "no\/name"/],
      [['unpin', ''], /^treadle: '' is not a dataset ref/],
      [['evaluate', 'late', '--data', '', '--label', 'late'], /\ntreadle: --data is empty/],
      [['monitor', 'set', 'none', '--slice', ''], /^treadle: --slice is empty/],
    ] as const) {
      const { code, err } = await run(url, ...line);
      assert.equal(code, 1, line.join(' '));
      assert.match(err, message);
    }
    const { err } = await run(url, 'releases', 'deadbeef', '--json');
    assert.equal((JSON.parse(err) as { error: { field: string } }).error.field, 'release');
  });

  await t.test('cancel ends a release by its id', async () => {
    const none = await run(url, 'cancel', ID);
    assert.deepEqual([none.code, none.out], [1, '']);
    assert.match(none.err, /there is neither an execution nor a release 'f{32}'/);
    // One that is on its way, and that nobody drives here.
    const row: ReleaseRow = {
      id: ID,
      workspace: ctx.workspace,
      model: 'late',
      model_ref: 'model:late',
      version: 1,
      version_ref: 'model_version:late/1',
      state: 'requested',
      wish: '{}',
      execution: null,
      pipeline: null,
      number: null,
      endpoint: null,
      expects: null,
      evaluation: null,
      revision: null,
      moved_alias: 0,
      gate: null,
      deployment: null,
      reason: null,
      cancel_by: null,
      created_at: 1,
      created_by: 'local owner',
      updated_at: 1,
      ended_at: null,
      rollout: null,
      rollout_points: null,
      rollout_writes: 0,
      request_key: null,
      created_user: null,
      awaits: null,
    };
    await ctx.write((tx) => insertRelease(tx, row));
    const done = await run(url, 'cancel', ID);
    assert.deepEqual([done.code, done.out], [0, 'the release of late@v1 is being cancelled\n'], done.err);
    assert.equal((await requireRelease(ctx, ID)).cancel_by, 'local owner');
  });
});
