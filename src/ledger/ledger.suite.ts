import assert from 'node:assert/strict';
import { chmodSync, statSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { testClock } from '../platform/clock/index.ts';
import type { OpenDatabase } from '../platform/db/databases.suite.ts';
import type { Database } from '../platform/db/index.ts';
import { TreadleError } from '../platform/errors/index.ts';
import { entryText } from './entry.ts';
import { listEntries, proveConsistency, proveEntry, walkLineage } from './index.ts';
import { openKey } from './key.ts';
import { leafHash, verifyConsistency, verifyInclusion } from './merkle.ts';
import { openRoom, sample } from './room.suite.ts';
import type { LedgerTables } from './schema.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

/** What the ledger promises on every database. */
export function ledgerSuite(name: string, open: OpenDatabase): void {
  const check = (
    what: string,
    body: (database: Database, opened: Awaited<ReturnType<OpenDatabase>>) => Promise<void>,
  ): void => {
    test(`${name}: ${what}`, async () => {
      await using opened = await open();
      await body(opened.database, opened);
    });
  };

  check('an empty ledger holds and has a signed head', async (database) => {
    using room = await openRoom(database);
    assert.partialDeepStrictEqual(await room.ledger.verify(room.ctx), { ok: true, entries: 0, edges: 0 });
    const { size, checkpoint } = await room.ledger.checkpoint(room.ctx);
    assert.equal(size, 0);
    assert.deepEqual(openKey(room.keyFile).open(checkpoint), {
      size: 0,
      root: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    });
  });

  check('an entry says who did what to which thing, when and why', async (database) => {
    const clock = testClock();
    using room = await openRoom(database, { clock });
    await room.append({
      action: 'run.deleted',
      resource: 'run:1',
      before: { state: 'done' },
      after: null,
      reason: 'a mistake',
      edges: [{ from: 'run:1', to: 'dataset_version:2', relation: 'read' }],
    });
    const { items } = await listEntries(room.ctx, {});
    assert.partialDeepStrictEqual(items, [
      {
        seq: 0,
        time: clock.now(),
        action: 'run.deleted',
        resource: 'run:1',
        actor: { kind: 'owner', id: 'owner', name: 'tester' },
        request_id: 'request-1',
        before: { state: 'done' },
        after: null,
        reason: 'a mistake',
        edges: [{ from: 'run:1', to: 'dataset_version:2', relation: 'read' }],
      },
    ]);
    assert.equal(items.length, 1);
  });

  check(
    'changes at once, some of which fail, leave one unbroken sequence of those that were kept',
    async (database, { another }) => {
      using room = await openRoom(database);
      using other = another
        ? await openRoom(await another(), { keyFile: room.keyFile })
        : await openRoom(database, { keyFile: room.keyFile });
      const results = await Promise.allSettled(
        Array.from({ length: 150 }, (_, n) =>
          (n % 2 === 0 ? room : other).ctx.write(async (tx) => {
            await tx.record(sample(n));
            if (n % 3 === 1) throw new Error('taken back');
            if (n % 5 === 0) await tx.record(sample(n + 1_000));
          }),
        ),
      );
      assert.equal(results.filter(({ status }) => status === 'rejected').length, 50);
      const kept =
        100 + Array.from({ length: 150 }, (_, n) => n).filter((n) => n % 3 !== 1 && n % 5 === 0).length;
      const found = await room.ledger.verify(room.ctx);
      assert.deepEqual(found.fault, undefined);
      assert.equal(found.entries, kept);
      const rows = await database.db
        .$extendTables<LedgerTables>()
        .selectFrom('ledger_entry')
        .select('resource')
        .execute();
      assert.ok(
        rows.every(({ resource }) => Number(resource.slice(4)) > 999 || Number(resource.slice(4)) % 3 !== 1),
      );
      // Both processes go on from there, and so does one that was just started.
      await other.append(sample(2_000));
      await room.append(sample(2_001));
      using fresh = await openRoom(database, { keyFile: room.keyFile });
      await fresh.append(sample(2_002));
      assert.partialDeepStrictEqual(await fresh.ledger.verify(fresh.ctx), { ok: true, entries: kept + 3 });
    },
  );

  check('a change that cannot be recorded is not made', async (database) => {
    using room = await openRoom(database);
    await assert.rejects(
      room.append(sample(1), { action: 'a.b', resource: 'x:1', after: { x: Number.NaN } }),
      { field: 'after.x' },
    );
    await assert.rejects(room.append({ action: 'a.b', resource: 'x:1', reason: 'with \0' }), {
      field: 'reason',
      kind: 'invalid',
    });
    await assert.rejects(room.append({ action: 'a.b', resource: 'x:\ud800' }), { kind: 'invalid' });
    assert.partialDeepStrictEqual(await room.ledger.verify(room.ctx), { ok: true, entries: 0, edges: 0 });
  });

  check('the list shows the own workspace, newest first, by filter and by page', async (database) => {
    const clock = testClock();
    using room = await openRoom(database, { clock });
    for (let n = 0; n < 30; n++) {
      clock.advance(1_000);
      await room.ctx.as({ workspace: n % 3 === 0 ? 'other' : 'default' }).write((tx) => tx.record(sample(n)));
    }
    const seqs = async (query: Parameters<typeof listEntries>[1]) =>
      (await listEntries(room.ctx, query)).items.map(({ seq }) => seq);
    const mine = Array.from({ length: 30 }, (_, n) => 29 - n).filter((n) => n % 3 !== 0);
    assert.deepEqual(await seqs({}), mine);
    assert.deepEqual(
      await seqs({ action: 'run.created' }),
      mine.filter((n) => n % 2 === 0),
    );
    assert.deepEqual(await seqs({ resource: 'run:7' }), [7]);
    assert.deepEqual(await seqs({ actor: 'nobody' }), []);
    assert.deepEqual(
      await seqs({ actor: 'tester', since: clock.now() - 5_000, until: clock.now() }),
      [28, 26, 25],
    );
    const pages: number[] = [];
    for (let page: string | undefined; ;) {
      const got = await listEntries(room.ctx, { limit: 7, ...(page === undefined ? {} : { page }) });
      pages.push(...got.items.map(({ seq }) => seq));
      page = got.next;
      if (page === undefined) break;
    }
    assert.deepEqual(pages, mine);
    await assert.rejects(proveEntry(room.ctx, 3), { kind: 'missing' }, 'an entry of another workspace');
  });

  check(
    'every entry can be proven against the signed root, and every earlier root against the present one',
    async (database) => {
      using room = await openRoom(database);
      const roots: string[] = [(await room.ledger.checkpoint(room.ctx)).root];
      // Over the first stored subtree (256) and into the next.
      await room.append(...Array.from({ length: 530 }, (_, n) => sample(n)));
      const rows = await database.db
        .$extendTables<LedgerTables>()
        .selectFrom('ledger_entry')
        .select('root')
        .orderBy('seq')
        .execute();
      roots.push(...rows.map(({ root }) => root));
      const head = await room.ledger.checkpoint(room.ctx);
      for (const seq of [0, 1, 2, 127, 128, 255, 256, 257, 400, 511, 512, 528, 529]) {
        const proof = await proveEntry(room.ctx, seq);
        const leaf = leafHash(Buffer.from(entryText(proof.entry)));
        assert.equal(leaf.toString('hex'), proof.entry.leaf);
        assert.ok(verifyInclusion(leaf, seq, 530, proof.path.map(bytes), bytes(head.root)), `entry ${seq}`);
        assert.equal(proof.checkpoint, head.checkpoint);
      }
      for (const [first, second] of [
        [0, 530],
        [1, 530],
        [255, 256],
        [256, 530],
        [257, 530],
        [300, 511],
        [512, 530],
        [529, 530],
        [530, 530],
      ] as const) {
        const { path: proof } = await proveConsistency(room.ctx, first, second);
        assert.ok(
          verifyConsistency(first, second, bytes(roots[first]!), bytes(roots[second]!), proof.map(bytes)),
          `${first} → ${second}`,
        );
      }
      await assert.rejects(proveConsistency(room.ctx, 1, 531), { field: 'second' });
      await assert.rejects(proveConsistency(room.ctx, 7, 3), { field: 'first' });
      assert.partialDeepStrictEqual(await room.ledger.verify(room.ctx), { ok: true, entries: 530 });
    },
  );

  check('a forged head is not signed over', async (database) => {
    using room = await openRoom(database);
    await room.append(sample(0), sample(1));
    const heads = (change: Partial<LedgerTables['ledger_head']>) =>
      database.write((db) =>
        db.$extendTables<LedgerTables>().updateTable('ledger_head').set(change).execute(),
      );
    const { root } = await database.db
      .$extendTables<LedgerTables>()
      .selectFrom('ledger_head')
      .select('root')
      .executeTakeFirstOrThrow();
    await heads({ root: 'a'.repeat(64) });
    await assert.rejects(
      room.append(sample(2)),
      (error) => error instanceof TreadleError && error.code === 'ledger-broken',
    );
    await heads({ root });
    await room.append(sample(2));
    const { checkpoint } = await room.ledger.checkpoint(room.ctx);
    using stranger = await openRoom(database); // another key: a server whose key file was lost
    await assert.rejects(
      stranger.append(sample(3)),
      /signed by treadle-ledger-.*, and the key here is treadle-ledger-/,
    );
    assert.match((await stranger.ledger.verify(stranger.ctx)).fault?.reason ?? '', /signed by/);
    assert.equal(
      (await room.ledger.checkpoint(room.ctx)).checkpoint,
      checkpoint,
      'nothing was written meanwhile',
    );
    await database.write((db) => db.$extendTables<LedgerTables>().deleteFrom('ledger_head').execute());
    await assert.rejects(room.append(sample(3)), /its head row is gone/);
  });

  check('the key is made once, for its owner alone', async (database) => {
    using room = await openRoom(database);
    assert.equal(statSync(room.keyFile).mode & 0o777, 0o600);
    assert.equal(openKey(room.keyFile).publicKey, (await room.ledger.checkpoint(room.ctx)).public_key);
    chmodSync(room.keyFile, 0o644);
    assert.throws(() => openKey(room.keyFile), /can be read by others/);
    assert.notEqual(
      openKey(path.join(path.dirname(room.keyFile), 'other.key')).origin,
      openKey(path.join(path.dirname(room.keyFile), 'third.key')).origin,
    );
  });

  check('lineage is walked both ways, to a depth, within the workspace', async (database) => {
    using room = await openRoom(database);
    const edge = (from: string, relation: string, to: string) => ({ from, relation, to });
    // dataset:1 → run:1 → model:1 → run:2 → report:1, told with both kinds of arrows.
    await room.append(
      {
        action: 'a.b',
        resource: 'run:1',
        edges: [edge('run:1', 'read', 'dataset:1'), edge('run:1', 'produced', 'model:1')],
      },
      {
        action: 'a.b',
        resource: 'run:2',
        edges: [edge('run:2', 'read', 'model:1'), edge('report:1', 'derived-from', 'run:2')],
      },
      {
        action: 'a.b',
        resource: 'model:1',
        edges: [edge('model:1', 'trained-by', 'run:1'), edge('run:1', 'read', 'dataset:1')],
      },
    );
    await room.ctx
      .as({ workspace: 'other' })
      .write((tx) =>
        tx.record({ action: 'a.b', resource: 'run:9', edges: [edge('run:9', 'read', 'model:1')] }),
      );
    const nodes = async (...args: [string, Parameters<typeof walkLineage>[2]?]) =>
      (await walkLineage(room.ctx, ...args)).nodes.map(({ id, depth }) => `${depth} ${id}`).toSorted();
    assert.deepEqual(await nodes('model:1'), [
      '-1 run:1',
      '-2 dataset:1',
      '0 model:1',
      '1 run:2',
      '2 report:1',
    ]);
    assert.deepEqual(await nodes('model:1', { direction: 'up' }), ['-1 run:1', '-2 dataset:1', '0 model:1']);
    assert.deepEqual(await nodes('dataset:1', { direction: 'down' }), [
      '0 dataset:1',
      '1 run:1',
      '2 model:1',
      '3 run:2',
      '4 report:1',
    ]);
    assert.deepEqual(await nodes('report:1', { direction: 'down' }), ['0 report:1']);
    const near = await walkLineage(room.ctx, 'model:1', { depth: 1 });
    assert.deepEqual(near.nodes.map(({ id }) => id).toSorted(), ['model:1', 'run:1', 'run:2']);
    assert.equal(near.truncated, true);
    const whole = await walkLineage(room.ctx, 'model:1');
    assert.equal(whole.truncated, false);
    // Told twice, drawn once, proven by the first.
    assert.deepEqual(
      whole.edges.filter(({ relation, from }) => relation === 'read' && from === 'run:1'),
      [{ from: 'run:1', to: 'dataset:1', relation: 'read', seq: 0 }],
    );
    await assert.rejects(walkLineage(room.ctx, 'model'), { field: 'node' });
  });
}
