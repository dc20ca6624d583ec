import assert from 'node:assert/strict';
import test from 'node:test';
import { openTest, type TestServer } from '../../test/harness.ts';
import { turnsDuring } from '../../test/turns.ts';
import { blake3 } from '../platform/blobs/index.ts';
import type { Committed, FileInput } from './contract.ts';
import { frameHeader } from './frames.ts';
import { buildTree } from './tree.ts';

/** So many that the body is read in a thread. */
const FILES = 9_000;

const contentOf = (i: number): Buffer => Buffer.from(i % 3 === 0 ? `a,b\n${i},1\n` : `text ${i}`);
const nameOf = (i: number): string => `folder ${i % 50}/${i}.${i % 3 === 0 ? 'csv' : 'txt'}`;
const fileOf = (i: number): FileInput => {
  const bytes = contentOf(i);
  return { path: nameOf(i), hash: blake3(bytes), size: bytes.length };
};

async function upload(server: TestServer, contents: readonly Buffer[]): Promise<void> {
  const body = Buffer.concat(contents.flatMap((bytes) => [frameHeader(blake3(bytes), bytes.length), bytes]));
  const answer = await fetch(`${server.url}/api/v1/data/blobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body,
  });
  assert.equal(answer.status, 200, await answer.text());
}

interface Told {
  status: number;
  said: Committed & {
    error?: { kind: string; message: string; field?: string; hint?: string; code?: string };
  };
}

async function commit(server: TestServer, files: unknown, more: object = {}): Promise<Told> {
  const answer = await fetch(`${server.url}/api/v1/datasets/big/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ files, ...more }),
  });
  return { status: answer.status, said: (await answer.json()) as Told['said'] };
}

test('a commit of many files is the same as one of few, and lets everybody else have their turns', async () => {
  await using server = await openTest();
  const files = Array.from({ length: FILES }, (_, i) => fileOf(i));
  await upload(
    server,
    files.map((_, i) => contentOf(i)),
  );
  assert.ok(JSON.stringify({ files }).length > 1_000_000);

  const { value: first, turns } = await turnsDuring(() =>
    commit(server, files, { message: 'all', meta: { a: 'b' } }),
  );
  assert.equal(first.status, 200, JSON.stringify(first.said));
  // The body in a thread, then two questions for each thousand blobs, one for each thousand tables, and the tree's objects.
  assert.ok(turns > (2 * FILES) / 1000 + FILES / 3000, `${turns} turns`);
  const expected = buildTree(files);
  assert.ok(!('clash' in expected));
  const { version } = first.said;
  assert.deepEqual(
    [version.hash, version.files, version.bytes, version.message, version.meta, version.profile],
    [expected.hash, FILES, expected.bytes, 'all', { a: 'b' }, 'pending'],
  );

  // The same again is no version; with one file changed, only that one is looked into.
  assert.equal((await commit(server, files)).said.unchanged, true);
  const changed = Buffer.from('a,b\n');
  await upload(server, [changed]);
  const other = { path: nameOf(0), hash: blake3(changed), size: changed.length };
  const refused = await commit(server, [other, ...files.slice(1)]);
  assert.deepEqual([refused.status, refused.said.error?.code], [400, 'empty-table']);
  assert.match(refused.said.error?.message ?? '', /^"folder 0\/0.csv" is a table without a row$/);
  const taken = await commit(server, [other, ...files.slice(1)], { allow: ['empty'] });
  assert.deepEqual([taken.status, taken.said.version.name], [200, 'v2']);
  const back = await fetch(
    `${server.url}/api/v1/datasets/big/versions/v2/content?path=${encodeURIComponent(nameOf(1234))}`,
  );
  assert.equal(await back.text(), contentOf(1234).toString());
  assert.deepEqual(server.errors, []);
});

test('what is wrong with a commit of many files is told as with one of few', async () => {
  await using server = await openTest();
  const files = Array.from({ length: FILES }, (_, i) => fileOf(i));
  await upload(
    server,
    files.slice(2).map((_, i) => contentOf(i + 2)),
  );
  const faults: Array<[what: string, file: unknown]> = [
    ['named twice', files[5]],
    ['a path that leads out', { ...files[5], path: '../x' }],
    ['a file that is a folder', { ...files[5], path: 'folder 5' }],
    ['a field that is not known', { ...files[5], mode: 7 }],
    ['no hash', { path: 'x', size: 1 }],
    ['a content that was not uploaded', files[0]],
    ['another size', { ...files[5], path: 'other', size: 99 }],
  ];
  for (const [what, fault] of faults) {
    const few = await commit(server, [...files.slice(5, 9), fault]);
    const many = await commit(server, [...files.slice(5), fault]);
    assert.equal(few.status, 400, what);
    const plain = (told: Told): string =>
      JSON.stringify({ ...told.said.error, request_id: '' }).replaceAll(/\[\d+\]/g, '[n]');
    assert.deepEqual([many.status, plain(many)], [400, plain(few)], what);
  }
  const lost = await commit(server, files);
  assert.equal(lost.said.error?.code, 'blobs-missing');
  assert.match(
    lost.said.error?.message ?? '',
    /^the content of "folder 0\/0.csv" was not uploaded \(and of 1 more\)$/,
  );
  const broken = await fetch(`${server.url}/api/v1/datasets/big/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ files }).slice(0, -10),
  });
  assert.equal(broken.status, 400);
  assert.match(await broken.text(), /the body is not JSON/);
  const { items } = (await (await fetch(`${server.url}/api/v1/datasets`)).json()) as { items: unknown[] };
  assert.deepEqual(items, [], 'nothing was committed');
  assert.deepEqual(server.errors, []);
});
