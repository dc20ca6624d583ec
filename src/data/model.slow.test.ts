import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fc, runs as times } from '../../test/property.ts';
import { openTest, type TestServer } from '../../test/harness.ts';
import { commitVersion } from './commit-version.ts';
import { diffTrees } from './diff-versions.ts';
import { listFiles } from './list-files.ts';
import { materialiseVersion } from './materialise-version.ts';
import { moveBranch, setTag } from './move-branch.ts';
import { resolveRef } from './resolve-ref.ts';
import { selectVersion } from './store.ts';

/** The reference: a dataset is a list of maps, and names that point into it. */
interface Model {
  versions: Array<{ id: string; files: Map<string, string> }>;
  branches: Map<string, number>;
  tags: Map<string, number>;
}

const segment = fc.constantFrom('a', 'b', 'c d', 'ä', 'A', 'a.b', '😀', 'zz');
const anyPath = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const content = fc.constantFrom('', 'one', 'two', 'three', 'x'.repeat(5000));
const files = fc.dictionary(anyPath, content, { minKeys: 1, maxKeys: 12 }).map((found) => {
  const map = new Map(Object.entries(found));
  // A file that would also be a directory gives way.
  for (const one of map.keys())
    if ([...map.keys()].some((other) => other.startsWith(`${one}/`))) map.delete(one);
  return map;
});
const branch = fc.constantFrom('main', 'dev');
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('commit' as const), branch, files }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('edit' as const), branch, path: anyPath, content }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('move' as const), branch, to: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('tag' as const),
      tag: fc.constantFrom('t1', 't2'),
      to: fc.nat(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('look' as const), at: fc.nat(), other: fc.nat() }) },
);

let runs = 0;

test('commits, moves, diffs and checkouts do what a list of maps does', async () => {
  await using server = await openTest();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      const dataset = `d${runs++}`;
      const model: Model = { versions: [], branches: new Map(), tags: new Map() };
      for (const one of steps) {
        if (one.kind === 'commit') await commit(server, dataset, model, one.branch, one.files);
        else if (one.kind === 'edit') {
          const base =
            model.versions[model.branches.get(one.branch) ?? -1]?.files ?? new Map<string, string>();
          const next = new Map([...base, [one.path, one.content]]);
          for (const name of base.keys())
            if (name.startsWith(`${one.path}/`) || one.path.startsWith(`${name}/`)) next.delete(name);
          await commit(server, dataset, model, one.branch, next);
        } else if (model.versions.length === 0) continue;
        else if (one.kind === 'move') {
          const to = one.to % model.versions.length;
          await moveBranch(server.ctx, { dataset, branch: one.branch, to: `v${to + 1}`, reason: 'because' });
          model.branches.set(one.branch, to);
        } else if (one.kind === 'tag') {
          const to = one.to % model.versions.length;
          const tagged = setTag(server.ctx, { dataset, tag: one.tag, to: `v${to + 1}` });
          if (model.tags.has(one.tag) && model.tags.get(one.tag) !== to)
            await assert.rejects(tagged, { kind: 'conflict' });
          else {
            await tagged;
            model.tags.set(one.tag, to);
          }
        } else await look(server, model, one.at % model.versions.length, one.other % model.versions.length);
      }
      await names(server, dataset, model);
      if (model.versions.length > 0) await look(server, model, model.versions.length - 1, 0);
    }),
    { numRuns: times(100, 40) },
  );
  assert.deepEqual(server.errors, []);
});

async function commit(
  server: TestServer,
  dataset: string,
  model: Model,
  to: string,
  wanted: Map<string, string>,
): Promise<void> {
  const infos = await server.ctx.blobs.putMany(
    [...wanted.values()].map((text) => ({ bytes: Buffer.from(text) })),
  );
  const input = [...wanted.keys()].map((name, i) => ({ path: name, ...infos[i]! }));
  const { version, unchanged } = await commitVersion(server.ctx, {
    dataset,
    files: input,
    branch: to,
    allow: ['empty'],
  });
  const head = model.branches.get(to);
  const same = head !== undefined && equal(model.versions[head]!.files, wanted);
  assert.equal(unchanged, same);
  if (!same) {
    model.versions.push({ id: version.id, files: wanted });
    model.branches.set(to, model.versions.length - 1);
  }
  assert.equal(version.id, model.versions[model.branches.get(to)!]!.id);
  assert.equal(version.files, wanted.size);
}

const equal = (a: Map<string, string>, b: Map<string, string>): boolean =>
  a.size === b.size && [...a].every(([name, text]) => b.get(name) === text);

async function names(server: TestServer, dataset: string, model: Model): Promise<void> {
  for (const [name, at] of [...model.branches, ...model.tags])
    assert.equal((await resolveRef(server.ctx, `${dataset}@${name}`)).id, model.versions[at]!.id);
  for (const [i, { id, files: held }] of model.versions.entries()) {
    const version = await resolveRef(server.ctx, `${dataset}@v${i + 1}`);
    assert.equal(version.id, id);
    const first = model.versions.findIndex((one) => equal(one.files, held));
    assert.equal(
      (await resolveRef(server.ctx, `${dataset}@${version.hash.slice(0, 16)}`)).id,
      model.versions[first]!.id,
    );
  }
}

async function look(server: TestServer, model: Model, at: number, other: number): Promise<void> {
  const { ctx, data } = server;
  const [one, two] = [model.versions[at]!, model.versions[other]!];
  const [from, to] = [await versionOf(server, two.id), await versionOf(server, one.id)];
  // Equal content if and only if equal hash.
  assert.equal(from.hash === to.hash, equal(one.files, two.files));
  // A diff, applied to the older files, gives the newer ones.
  const patched = new Map(two.files);
  const { entries: diff } = await diffTrees(ctx, from.hash, to.hash);
  for (const entry of diff) if (entry.status === 'removed') patched.delete(entry.path);
  for (const entry of diff) if (entry.status === 'renamed') patched.delete(entry.from_path!);
  for (const entry of diff) {
    if (entry.status === 'removed') continue;
    assert.equal(entry.new_size, Buffer.byteLength(one.files.get(entry.path)!));
    if (entry.status === 'renamed') assert.equal(two.files.get(entry.from_path!), one.files.get(entry.path));
    if (entry.status === 'modified') assert.notEqual(two.files.get(entry.path), one.files.get(entry.path));
    patched.set(entry.path, one.files.get(entry.path)!);
  }
  assert.ok(equal(patched, one.files), 'the diff is the whole difference');
  assert.deepEqual(
    (await listFiles(ctx, to.hash, { recursive: true })).items.map(({ path: name }) => name).toSorted(),
    [...one.files.keys()].toSorted(),
  );
  const folder = path.join(data, 'look');
  mkdirSync(folder);
  await materialiseVersion(ctx, one.id, folder);
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(path.join(folder, name)).isFile(),
  );
  assert.ok(
    equal(new Map(found.map((name) => [name, readFileSync(path.join(folder, name), 'utf8')])), one.files),
  );
  rmSync(folder, { recursive: true });
}

async function versionOf(server: TestServer, id: string) {
  const version = await selectVersion(server.ctx, id);
  assert.ok(version);
  return version;
}
