import assert from 'node:assert/strict';
import test from 'node:test';
import { runHere as run } from '../../../test/cli.ts';
import { openTest } from '../../../test/harness.ts';
import type { Entry, LineageGraph, Verification } from '../../ledger/contract.ts';
import type { LedgerTables } from '../../ledger/schema.ts';

test('treadle ledger: verify, log and lineage; a changed entry is named and ends with 1', async () => {
  await using server = await openTest();
  const { ctx, url } = server;
  await ctx.write(async (tx) => {
    for (let n = 0; n < 3; n++) {
      await tx.record({
        action: 'run.ended',
        resource: `run:${n}`,
        reason: `reason ${n}`,
        edges: [{ from: `run:${n}`, to: 'dataset_version:1', relation: 'read' }],
      });
    }
  });
  const whole = await run(url, 'ledger', 'verify');
  assert.equal(whole.code, 0, whole.err);
  assert.match(
    whole.out,
    /^the ledger holds: \d+ entries, 3 lineage edges\nroot [0-9a-f]{64}\n\ntreadle-ledger-/,
  );
  const log = await run(url, 'ledger', 'log', '--action', 'run.ended', '--limit', '2', '--json');
  const items = JSON.parse(log.out) as Entry[];
  assert.deepEqual(
    items.map(({ resource }) => resource),
    ['run:2', 'run:1'],
  );
  assert.match(log.err, /2 are shown, and there are more: raise --limit/);
  const more = await run(url, 'ledger', 'log', '--action', 'run.ended', '--limit', '2');
  assert.match(more.out, /\n… 2 are shown, and there are more: raise --limit\n$/);
  const all = await run(url, 'ledger', 'log', '--action', 'run.ended', '--limit', '3');
  assert.ok(!all.out.includes('…'), 'nothing is behind the last');
  assert.match((await run(url, 'ledger', 'log', '--action', 'no.such')).out, /^no change is like that$/m);
  assert.match((await run(url, 'ledger', 'log', '--resource', 'run:1')).out, /run\.ended\s+run:1\s+reason 1/);
  assert.match(
    (await run(url, 'ledger', 'log', String(items[0]!.seq))).out,
    /in the tree of \d+ entries by \d+ hashes/,
  );
  const lineage = JSON.parse(
    (await run(url, 'ledger', 'lineage', 'dataset_version:1', '--direction', 'down', '--json')).out,
  ) as LineageGraph;
  assert.deepEqual(lineage.nodes.map(({ id }) => id).toSorted(), [
    'dataset_version:1',
    'run:0',
    'run:1',
    'run:2',
  ]);
  assert.match(
    (await run(url, 'ledger', 'lineage', 'run:0')).out,
    /run:0\s+read\s+dataset_version:1\s+entry \d+/,
  );
  for (const [words, field] of [
    [['log', '--limit', 'x'], 'limit'],
    [['log', '--since', 'once'], 'since'],
    [['lineage', 'run:0', '--direction', 'left'], 'direction'],
  ] as const) {
    const wrong = await run(url, 'ledger', ...words, '--json');
    assert.equal(wrong.code, 2);
    assert.equal((JSON.parse(wrong.err) as { error: { field: string } }).error.field, field);
  }

  const { seq } = items[1]!;
  await server.parts.database.write((db) =>
    db
      .$extendTables<LedgerTables>()
      .updateTable('ledger_entry')
      .set({ reason: 'reason l' })
      .where('seq', '=', seq)
      .execute(),
  );
  const broken = await run(url, 'ledger', 'verify');
  assert.equal(broken.code, 1);
  assert.equal(broken.out, '');
  assert.ok(
    broken.err.includes(`the ledger does not hold: entry ${seq}: its content does not match its hash`),
    broken.err,
  );
  const told = await run(url, 'ledger', 'verify', '--json');
  assert.equal(told.code, 1);
  assert.partialDeepStrictEqual(JSON.parse(told.out) as Verification, {
    ok: false,
    fault: { what: 'entry', seq },
  });
});
