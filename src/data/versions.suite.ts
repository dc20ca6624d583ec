import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { sql } from 'kysely';
import type { Ctx } from '../platform/ctx/index.ts';
import { commitVersion, type CommitInput } from './commit-version.ts';
import type { FileInput } from './contract.ts';
import { diffTrees } from './diff-versions.ts';
import { materialiseVersion } from './materialise-version.ts';
import { moveBranch, setTag } from './move-branch.ts';
import { resolveRef } from './resolve-ref.ts';
import { listVersions, showDataset } from './show-dataset.ts';

async function put(ctx: Ctx, content: Record<string, string>): Promise<FileInput[]> {
  const infos = await ctx.blobs.putMany(Object.values(content).map((text) => ({ bytes: Buffer.from(text) })));
  return Object.keys(content).map((name, i) => ({ path: name, ...infos[i]! }));
}

const commit = async (ctx: Ctx, content: Record<string, string>, more: Partial<CommitInput> = {}) =>
  commitVersion(ctx, { dataset: 'birds', files: await put(ctx, content), ...more });

/** Everything that a change may leave behind. */
async function traces(ctx: Ctx): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of [
    'dataset',
    'dataset_version',
    'dataset_ref',
    'dataset_ref_move',
    'ledger_entry',
    'event',
    'job',
  ]) {
    // The profile job runs on its own time.
    const others = table === 'event' ? sql`where type <> 'dataset_version.profiled'` : sql``;
    const { rows } = await sql<{
      n: number;
    }>`select count(*) as n from ${sql.table(table)} ${others}`.execute(ctx.db);
    counts[table] = Number(rows[0]!.n);
  }
  return counts;
}

const change = (before: Record<string, number>, after: Record<string, number>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(after)
      .map(([key, n]) => [key, n - before[key]!] as const)
      .filter(([, n]) => n !== 0),
  );

/** A house with the data room in it, on some database. */
export interface DataHouse extends AsyncDisposable {
  ctx: Ctx;
  /** A folder for the test's own use. */
  data: string;
}

/** What versions, branches and tags do, whatever the database. */
export function versionsSuite(label: string, open: () => Promise<DataHouse>): void {
  const check = (what: string, body: () => Promise<void>): void => void test(`${label}: ${what}`, body);

  check('a commit makes a version, moves the branch, and says so once in ledger, event and job', async () => {
    await using server = await open();
    const { ctx } = server;
    const before = await traces(ctx);
    const { version, unchanged } = await commit(
      ctx,
      { 'a.csv': 'x\n1\n', 'd/b.txt': 'hello' },
      { message: 'first', source: 'https://example.org/birds', meta: { sensor: 'A7' } },
    );
    assert.equal(unchanged, false);
    assert.deepEqual(
      { ...version, id: '', hash: '', created_at: 0 },
      {
        id: '',
        hash: '',
        created_at: 0,
        dataset: 'birds',
        number: 1,
        name: 'v1',
        parents: [],
        message: 'first',
        source: 'https://example.org/birds',
        meta: { sensor: 'A7' },
        author: 'local owner',
        files: 2,
        bytes: 9,
        profile: 'pending',
      },
    );
    assert.deepEqual(change(before, await traces(ctx)), {
      dataset: 1,
      dataset_version: 1,
      dataset_ref: 1,
      dataset_ref_move: 1,
      ledger_entry: 1,
      event: 1,
      job: 1,
    });
    const { rows } = await sql<{
      action: string;
      resource: string;
    }>`select action, resource from ledger_entry order by seq desc limit 1`.execute(ctx.db);
    assert.deepEqual(
      { ...rows[0] },
      { action: 'dataset_version.committed', resource: `dataset_version:${version.id}` },
    );
    assert.deepEqual(await resolveRef(ctx, 'birds'), {
      ...version,
      profile: (await resolveRef(ctx, 'birds')).profile,
    });
  });

  check('the same content again is a no-op that says so, whoever commits it', async () => {
    await using server = await open();
    const { ctx } = server;
    const other = ctx.as({ actor: { kind: 'token', id: 't', name: 'somebody else', role: 'editor' } });
    const first = await commit(ctx, { 'a.txt': 'a', 'b/c.txt': 'c' });
    const before = await traces(ctx);
    const again = await commit(other, { 'b/c.txt': 'c', 'a.txt': 'a' }, { message: 'another message' });
    assert.equal(again.unchanged, true);
    assert.equal(again.version.id, first.version.id);
    assert.deepEqual(change(before, await traces(ctx)), {});
    // In another dataset it is a version of its own over the very same blobs.
    const { rows: blobs } = await sql<{ n: number }>`select count(*) as n from blob`.execute(ctx.db);
    const twin = await commit(other, { 'b/c.txt': 'c', 'a.txt': 'a' }, { dataset: 'twin' });
    assert.equal(twin.version.hash, first.version.hash);
    assert.deepEqual((await sql<{ n: number }>`select count(*) as n from blob`.execute(ctx.db)).rows, blobs);
  });

  check('refs: main, numbers, tags, ids and hashes; and what is wrong with others', async () => {
    await using server = await open();
    const { ctx } = server;
    const { version: v1 } = await commit(ctx, { 'a.txt': '1' });
    const { version: v2 } = await commit(ctx, { 'a.txt': '2' });
    await setTag(ctx, { dataset: 'birds', tag: 'paper', to: 'v1' });
    for (const [text, id] of [
      ['birds', v2.id],
      ['birds@main', v2.id],
      ['birds@v1', v1.id],
      ['birds@paper', v1.id],
      [`birds@${v1.id}`, v1.id],
      [`birds@${v1.hash}`, v1.id],
      [`birds@${v2.hash.slice(0, 8)}`, v2.id],
    ] as const) {
      assert.equal((await resolveRef(ctx, text)).id, id, text);
    }
    assert.deepEqual(v2.parents, [v1.id]);
    await assert.rejects(resolveRef(ctx, 'birds@v3'), {
      kind: 'missing',
      message: /no version 'v3'/,
      hint: /main, paper/,
    });
    await assert.rejects(resolveRef(ctx, `birds@${v1.hash.slice(0, 7)}`), { kind: 'missing' });
    await assert.rejects(resolveRef(ctx, 'bees@main'), { kind: 'missing', message: /no dataset 'bees'/ });
    for (const bad of ['', '@main', 'bi rds@main', 'birds@main/a.txt', 'birds@@x', '../birds', 'birds@']) {
      await assert.rejects(resolveRef(ctx, bad), { kind: 'invalid' }, bad);
    }
    for (const name of ['v7', 'deadbeef', 'abc123def456']) {
      await assert.rejects(setTag(ctx, { dataset: 'birds', tag: name, to: 'v1' }), {
        kind: 'invalid',
        field: 'tag',
      });
      await assert.rejects(moveBranch(ctx, { dataset: 'birds', branch: name, to: 'v1' }), {
        kind: 'invalid',
        field: 'branch',
      });
    }
  });

  check('a hash names the earliest version with that content, so the answer stays', async () => {
    await using server = await open();
    const { ctx } = server;
    const { version: v1 } = await commit(ctx, { 'a.txt': '1' });
    await commit(ctx, { 'a.txt': '2' });
    const { version: v3 } = await commit(ctx, { 'a.txt': '1' });
    assert.equal(v3.hash, v1.hash);
    assert.equal(v3.name, 'v3');
    assert.equal((await resolveRef(ctx, `birds@${v1.hash}`)).id, v1.id);
  });

  check('rolling back moves the branch with a reason that is kept; history stays', async () => {
    await using server = await open();
    const { ctx } = server;
    const { version: v1 } = await commit(ctx, { 'a.txt': '1' });
    const { version: v2 } = await commit(ctx, { 'a.txt': '2' });
    const still = await traces(ctx);
    await assert.rejects(moveBranch(ctx, { dataset: 'birds', branch: 'main', to: 'v1' }), {
      kind: 'invalid',
      field: 'reason',
    });
    await assert.rejects(moveBranch(ctx, { dataset: 'birds', branch: 'main', to: 'v9', reason: 'x' }), {
      kind: 'missing',
    });
    await assert.rejects(
      moveBranch(ctx, { dataset: 'birds', branch: 'main', to: 'v1', reason: 'x', expected: v1.id }),
      { kind: 'conflict', code: 'branch-moved' },
    );
    assert.deepEqual(change(still, await traces(ctx)), {});
    await moveBranch(ctx, {
      dataset: 'birds',
      branch: 'main',
      to: 'v1',
      reason: 'v2 has wrong units',
      expected: v2.id,
    });
    assert.equal((await resolveRef(ctx, 'birds')).id, v1.id);
    assert.equal((await resolveRef(ctx, 'birds@v2')).id, v2.id);
    assert.deepEqual(change(still, await traces(ctx)), { dataset_ref_move: 1, ledger_entry: 1, event: 1 });
    const { rows } = await sql<{
      action: string;
      body: string;
    }>`select * from ledger_entry order by seq desc limit 1`.execute(ctx.db);
    assert.equal(rows[0]?.action, 'dataset.branch_moved');
    assert.match(JSON.stringify(rows[0]), /v2 has wrong units/);
    const { moves } = await showDataset(ctx, 'birds');
    assert.deepEqual([moves[0]?.from, moves[0]?.to, moves[0]?.reason], ['v2', 'v1', 'v2 has wrong units']);
    // The next commit grows out of v1, and numbers go on.
    const { version: v3 } = await commit(ctx, { 'a.txt': '3' });
    assert.deepEqual([v3.name, v3.parents], ['v3', [v1.id]]);
    assert.deepEqual(
      (await listVersions(ctx, 'birds', { ref: 'main' })).items.map(({ name }) => name),
      ['v3', 'v1'],
    );
    assert.deepEqual(
      (await listVersions(ctx, 'birds', {})).items.map(({ name }) => name),
      ['v3', 'v2', 'v1'],
    );
    // Moving to where it is already says nothing new.
    const quiet = await traces(ctx);
    await moveBranch(ctx, { dataset: 'birds', branch: 'main', to: 'v3' });
    assert.deepEqual(change(quiet, await traces(ctx)), {});
  });

  check('branches and tags: made, kept apart, and a tag never moves', async () => {
    await using server = await open();
    const { ctx } = server;
    await commit(ctx, { 'a.txt': '1' });
    const { version: v2 } = await commit(ctx, { 'a.txt': '2' });
    await moveBranch(ctx, { dataset: 'birds', branch: 'dev', to: 'v1' });
    const { version: onDev } = await commit(ctx, { 'a.txt': 'dev' }, { branch: 'dev' });
    assert.equal((await resolveRef(ctx, 'birds')).id, v2.id, 'main stays');
    assert.deepEqual(onDev.parents, [(await resolveRef(ctx, 'birds@v1')).id]);
    // A branch that did not exist grows out of main.
    assert.deepEqual((await commit(ctx, { 'a.txt': 'x' }, { branch: 'exp' })).version.parents, [v2.id]);
    await setTag(ctx, { dataset: 'birds', tag: 'paper', to: 'main' });
    await setTag(ctx, { dataset: 'birds', tag: 'paper', to: 'v2' });
    await assert.rejects(setTag(ctx, { dataset: 'birds', tag: 'paper', to: 'v1' }), {
      kind: 'conflict',
      field: 'tag',
    });
    await assert.rejects(setTag(ctx, { dataset: 'birds', tag: 'dev', to: 'v1' }), { kind: 'conflict' });
    await assert.rejects(moveBranch(ctx, { dataset: 'birds', branch: 'paper', to: 'v1', reason: 'x' }), {
      kind: 'conflict',
    });
    await assert.rejects(commit(ctx, { 'a.txt': 'y' }, { branch: 'paper' }), {
      kind: 'conflict',
      field: 'branch',
    });
  });

  check('of two who commit against one head, one wins and the other is told', async () => {
    await using server = await open();
    const { ctx } = server;
    const { version: v1 } = await commit(ctx, { 'a.txt': '1' });
    const results = await Promise.allSettled(
      ['x', 'y', 'z'].map((text) => commit(ctx, { 'a.txt': text }, { expected: v1.id })),
    );
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const result of results)
      if (result.status === 'rejected')
        assert.equal((result.reason as { code?: string }).code, 'branch-moved');
    assert.equal((await resolveRef(ctx, 'birds')).name, 'v2');
    await assert.rejects(commit(ctx, { 'a.txt': 'q' }, { expected: null }), {
      kind: 'conflict',
      code: 'branch-moved',
    });
  });

  check('bad data is refused by name, and nothing is half committed', async () => {
    await using server = await open();
    const { ctx } = server;
    await commit(ctx, { 'ok.csv': 'a\n1\n' });
    const before = await traces(ctx);
    const cases: ReadonlyArray<[Record<string, string>, object]> = [
      [{ 'a/../../x': 'x' }, { kind: 'invalid', field: 'files[0].path', message: /"a\/\.\.\/\.\.\/x"/ }],
      [{ 'new\nline.csv': 'x' }, { kind: 'invalid', message: /line break/ }],
      [{ ['x'.repeat(300)]: 'x' }, { kind: 'invalid', message: /255 bytes/ }],
      [
        { 'e\u0301.txt': 'x', '\u00e9.txt': 'x' },
        { kind: 'invalid', message: /composed differently/ },
      ],
      [
        { 'a.txt': 'x', 'a.txt/b': 'x' },
        { kind: 'invalid', message: /both a file and a directory/ },
      ],
      [
        { 'data/empty.csv': '', 'b.txt': 'x' },
        {
          kind: 'invalid',
          code: 'empty-file',
          message: /"data\/empty\.csv" is an empty file/,
          hint: /--allow-empty/,
        },
      ],
      [
        { 'head.csv': 'a,b,c\n' },
        { kind: 'invalid', code: 'empty-table', message: /"head\.csv" is a table without a row/ },
      ],
      [{ 'none.jsonl': '\n\n' }, { kind: 'invalid', code: 'empty-table' }],
      [
        { 'broken.parquet': 'PAR1 but not really' },
        { kind: 'invalid', code: 'broken-parquet', message: /"broken\.parquet"/, hint: /--allow-broken/ },
      ],
      [{}, { kind: 'invalid', message: /no file/ }],
    ];
    for (const [content, error] of cases)
      await assert.rejects(commit(ctx, content), error, Object.keys(content).join());
    const files = await put(ctx, { 'a.txt': 'abc' });
    await assert.rejects(commitVersion(ctx, { dataset: 'birds', files: [{ ...files[0]!, size: 4 }] }), {
      kind: 'invalid',
      message: /has 3 bytes, not 4/,
    });
    await assert.rejects(
      commitVersion(ctx, { dataset: 'birds', files: [{ ...files[0]!, hash: '0'.repeat(64) }] }),
      { kind: 'invalid', message: /not stored/ },
    );
    await assert.rejects(commitVersion(ctx, { dataset: 'birds', files: [files[0]!, files[0]!] }), {
      kind: 'invalid',
      message: /named twice/,
    });
    for (const dataset of ['..', 'a b', 'a/b', '', 'x'.repeat(101), 'a\nb', 'ä', '-x']) {
      await assert.rejects(
        commitVersion(ctx, { dataset, files }),
        { kind: 'invalid', field: 'dataset' },
        dataset,
      );
    }
    assert.deepEqual(change(before, await traces(ctx)), {});
    // What is meant is taken when it is said so, and what is there already is not judged again.
    const { version } = await commit(
      ctx,
      { 'data/empty.csv': '', 'broken.parquet': 'PAR1 but not really' },
      { allow: ['empty', 'broken'] },
    );
    assert.equal(version.files, 2);
    assert.equal(
      (await commit(ctx, { 'data/empty.csv': '', 'broken.parquet': 'PAR1 but not really', 'more.txt': 'x' }))
        .version.files,
      3,
    );
  });

  check('a workspace sees only its own', async () => {
    await using server = await open();
    const { ctx } = server;
    const { version } = await commit(ctx, { 'a.txt': '1' });
    const other = ctx.as({ workspace: 'other' });
    await assert.rejects(resolveRef(other, 'birds'), { kind: 'missing' });
    await assert.rejects(materialiseVersion(other, version.id, '/nonexistent'), { kind: 'missing' });
    const mine = await commit(other, { 'b.txt': '2' });
    assert.equal(mine.version.name, 'v1');
    await assert.rejects(resolveRef(other, `birds@${version.id}`), { kind: 'missing' });
    assert.equal((await resolveRef(ctx, 'birds')).id, version.id);
  });

  check('materialises a version, its bits and nothing else', async () => {
    await using server = await open();
    const { ctx, data } = server;
    const large = 'x'.repeat(5 * 1024 * 1024);
    const files = await put(ctx, {
      'run.sh': '#!',
      'deep/er/a b.txt': 'hello',
      'deep/large.bin': large,
      'déjà.txt': 'vu',
    });
    const { version } = await commitVersion(ctx, {
      dataset: 'birds',
      files: files.map((file) => ({ ...file, executable: file.path === 'run.sh' })),
    });
    {
      const dir = path.join(data, 'out');
      mkdirSync(dir);
      assert.deepEqual(await materialiseVersion(ctx, version.id, dir), {
        files: 4,
        bytes: version.bytes,
      });
      assert.equal(readFileSync(path.join(dir, 'deep/er/a b.txt'), 'utf8'), 'hello');
      assert.equal(readFileSync(path.join(dir, 'deep/large.bin'), 'utf8'), large);
      assert.ok((statSync(path.join(dir, 'run.sh')).mode & 0o100) !== 0);
      assert.deepEqual(readdirSync(dir).toSorted(), ['deep', 'déjà.txt', 'run.sh']);
      assert.equal(statSync(path.join(dir, 'deep/large.bin')).nlink, 1);
    }
    const some = path.join(data, 'some');
    mkdirSync(some);
    assert.equal((await materialiseVersion(ctx, version.id, some, { only: 'deep/er' })).files, 1);

    // Told to stop in the middle, it writes nothing more once it has answered.
    const stop = new AbortController();
    let writing = 0;
    const slow: typeof ctx = {
      ...ctx,
      blobs: {
        ...ctx.blobs,
        async materialise() {
          writing++;
          stop.abort();
          await new Promise((resolve) => setTimeout(resolve, 50));
          writing--;
        },
      },
    };
    await assert.rejects(materialiseVersion(slow, version.id, some, { signal: stop.signal }));
    assert.equal(writing, 0);
  });

  check('a table that cannot be read is kept as it is, and said at once', async () => {
    await using server = await open();
    const { warnings, unchanged } = await commit(server.ctx, {
      'good.csv': 'a,b\n1,2\n',
      'ragged.csv': 'a,b\n1,2\n3\n',
      'case.csv': 'a,A\n1,2\n',
      'ragged.txt': 'a,b\n1\n',
    });
    assert.equal(unchanged, false);
    assert.equal(warnings?.length, 2);
    assert.match(
      warnings.join('\n'),
      /"ragged\.csv", line 3: it has 1 cell, and the first line has 2; it is stored as it is, and is refused whenever it is read as a table → /,
    );
    assert.match(warnings.join('\n'), /"case\.csv": its first line names the columns 'a' and 'A'/);
    const more = await commit(server.ctx, { 'good.csv': 'a,b\n1,2\n', 'ragged.csv': 'a,b\n1,2\n3\n' });
    assert.equal(more.warnings, undefined, 'what was said once is not said again');
  });

  check('a diff tells added, removed, modified and renamed apart', async () => {
    await using server = await open();
    const { ctx } = server;
    const { version: v1 } = await commit(ctx, {
      same: 's',
      gone: 'g',
      changed: 'c',
      'd/moved': 'the moved content',
      x: 'file',
      'e/a': 'ea',
    });
    const { version: v2 } = await commit(ctx, {
      same: 's',
      added: 'a',
      changed: 'C!',
      'f/moved here': 'the moved content',
      'x/y': 'now a folder',
      'e/a': 'ea',
    });
    const { entries: diff, counts } = await diffTrees(ctx, v1.hash, v2.hash);
    assert.deepEqual(
      diff.map(({ status, path: name, from_path, old_size, new_size }) => [
        status,
        name,
        from_path,
        old_size,
        new_size,
      ]),
      [
        ['added', 'added', undefined, undefined, 1],
        ['modified', 'changed', undefined, 1, 2],
        ['renamed', 'f/moved here', 'd/moved', 17, 17],
        ['removed', 'gone', undefined, 1, undefined],
        ['removed', 'x', undefined, 4, undefined],
        ['added', 'x/y', undefined, undefined, 12],
      ],
    );
    assert.deepEqual(counts, { added: 2, modified: 1, renamed: 1, removed: 2 });
    assert.deepEqual((await diffTrees(ctx, v1.hash, v1.hash)).entries, []);
  });
}
