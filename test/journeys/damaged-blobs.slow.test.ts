import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { commitVersion, materialiseVersion } from '../../src/data/index.ts';
import type { Damage } from '../../src/platform/blobs/index.ts';
import { placeFiles } from '../../src/runtimes/place.ts';
import { putArtifact } from '../../src/tracking/index.ts';
import { openTest, type TestServer } from '../harness.ts';

const treadle = path.join(import.meta.dirname, '..', '..', 'bin', 'treadle');

/** Changes one byte of a stored blob, as a failing disk or a foreign hand would. */
async function damage(server: TestServer, hash: string, at: number): Promise<void> {
  const handle = await open(path.join(server.data, 'blobs', 'files', hash.slice(0, 2), hash), 'r+');
  const byte = Buffer.alloc(1);
  await handle.read(byte, 0, 1, at);
  await handle.write(Buffer.from([byte[0]! ^ 1]), 0, 1, at);
  await handle.close();
}

interface Asked {
  status: number;
  text: string;
  code?: string;
}
async function ask(server: TestServer, url: string, init: RequestInit = {}): Promise<Asked> {
  const answer = await fetch(server.url + url, init);
  return { status: answer.status, text: await answer.text() };
}

async function verify(server: TestServer): Promise<{ code: number; out: string; said: string }> {
  const env = { ...process.env, TREADLE_URL: server.url };
  return promisify(execFile)(treadle, ['verify', '--json'], { env }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, said: stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      out: error.stdout,
      said: error.stderr,
    }),
  );
}

test('one changed byte in a large blob is found by whoever reads it first, on every path', async () => {
  await using server = await openTest();
  const { ctx } = server;
  const table = Buffer.from(`a,b\n${'1,22222222\n'.repeat(500_000)}`);
  const { hash, size } = await ctx.blobs.put(table);
  const { version } = await commitVersion(ctx, {
    dataset: 'birds',
    files: [{ path: 'birds.csv', hash, size }],
  });
  const artifact = '0/r/artifacts/birds.csv';
  await putArtifact(ctx, artifact, { source: table });
  const content = `/api/v1/datasets/birds/versions/v1/content?path=birds.csv`;
  const json = (body: object): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const folder = await ctx.blobs.scratch();
  let n = 0;
  /** Each way to the bytes, and how many of them each gives when all is well. */
  const paths: Array<[string, () => Promise<Asked>]> = [
    ['a whole download', () => ask(server, content)],
    ['a range', () => ask(server, content, { headers: { range: 'bytes=0-99' } })],
    ['a preview', () => ask(server, '/api/v1/datasets/birds/versions/v1/preview?path=birds.csv')],
    ['SQL', () => ask(server, '/api/v1/data/sql', json({ query: "select count(*) as n from 'birds@v1'" }))],
    ['an artifact by MLflow', () => ask(server, `/api/2.0/mlflow-artifacts/artifacts/${artifact}`)],
    [
      'a range of an artifact by MLflow',
      () =>
        ask(server, `/api/2.0/mlflow-artifacts/artifacts/${artifact}`, { headers: { range: 'bytes=5-9' } }),
    ],
    ...(['a step’s input', 'a model’s folder'] as const).map((what): [string, () => Promise<Asked>] => [
      what,
      async () => {
        const to = path.join(folder, String(n++));
        mkdirSync(to);
        const made =
          what === 'a step’s input'
            ? materialiseVersion(ctx, version.id, to)
            : placeFiles(ctx, to, [{ path: 'birds.csv', digest: hash }]);
        return made.then(
          () => ({ status: 200, text: '' }),
          (error: { code?: string; message: string }) => {
            assert.deepEqual(readdirSync(to), [], 'nothing half-made');
            return { status: 503, text: `${error.code} ${error.message}` };
          },
        );
      },
    ]),
  ];
  for (const [what, read] of paths) assert.ok((await read()).status < 300, what);
  const well = await verify(server);
  assert.equal(well.code, 0, well.said);
  assert.deepEqual((JSON.parse(well.out) as { faults: unknown[] }).faults, []);

  await damage(server, hash, 3_000_000);
  for (const [what, read] of paths) {
    const { status, text } = await read();
    assert.equal(status, 503, `${what}: ${text.slice(0, 200)}`);
    assert.match(text, /damaged/, what);
  }
  const frames = await ask(server, '/api/v1/datasets/birds/versions/v1/blobs', json({ hashes: [hash] }));
  assert.equal(frames.status, 503);
  assert.match(frames.text, /damaged/);
  // Where others were sent before it, the answer breaks off instead of ending well.
  const other = await ctx.blobs.put(Buffer.alloc(4 * 1024 * 1024, 7));
  await commitVersion(ctx, { dataset: 'birds', files: [{ path: 'other.bin', ...other }] });
  await assert.rejects(
    ask(server, '/api/v1/datasets/birds/versions/v1/blobs', json({ hashes: [other.hash, hash] })),
  );
  const checkout = path.join(folder, 'checkout');
  const env = { ...process.env, TREADLE_URL: server.url };
  await assert.rejects(promisify(execFile)(treadle, ['data', 'checkout', 'birds@v1', checkout], { env }));
  assert.equal(existsSync(path.join(checkout, 'birds.csv')), false);

  const said = server.errors.map(
    (line) => JSON.parse(line) as { level: string; message: string; hash?: string },
  );
  assert.ok(said.length >= paths.length);
  assert.ok(said.every((line) => line.level === 'error'));
  assert.ok(said.some((line) => line.hash === hash && /damaged/.test(line.message)));
  const metrics = (await ask(server, '/metrics')).text;
  const counted = Number(/^treadle_blob_damaged_reads_total (\d+)$/m.exec(metrics)?.[1]);
  assert.ok(counted >= paths.length, `${counted} were counted`);

  const found = await verify(server);
  assert.equal(found.code, 1);
  const { faults } = JSON.parse(found.out) as { faults: Array<Damage & { used_by: string[] }> };
  assert.deepEqual(
    faults.map((fault) => ({ hash: fault.hash, size: fault.size, used_by: fault.used_by })),
    [
      {
        hash,
        size,
        used_by: ['dataset version default:birds@v1', 'artifact default:0/r/artifacts/birds.csv'],
      },
    ],
  );
  assert.match(found.said, /1 blob of \d+ is damaged or gone/);
});

test('treadle verify names every damaged and missing blob, and what is well beside it', async () => {
  await using server = await openTest();
  const small = await Promise.all(
    Array.from({ length: 300 }, (_, i) => server.ctx.blobs.put(Buffer.from(`${i} `.repeat(50 + i)))),
  );
  const large = await Promise.all(
    [1, 2, 3].map((n) => server.ctx.blobs.put(Buffer.alloc(4 * 1024 * 1024 + n, n))),
  );
  await damage(server, large[1]!.hash, 4_000_000);
  const packs = path.join(server.data, 'blobs', 'packs');
  const [pack] = readdirSync(packs);
  const handle = await open(path.join(packs, pack!), 'r+');
  const { size: end } = await handle.stat();
  await handle.write(Buffer.from('?'), 0, 1, end - 1); // the last of the small ones
  await handle.close();
  const { rows } = await server.ctx.db
    .selectFrom('blob' as never)
    .selectAll()
    .execute()
    .then((all) => ({
      rows: all as Array<{ hash: string; start: number; stored: number; pack: string | null }>,
    }));
  const last = rows.filter((row) => row.pack !== null).reduce((a, b) => (a.start > b.start ? a : b));
  const found = await verify(server);
  const answer = JSON.parse(found.out) as { blobs: number; faults: Damage[] };
  assert.equal(found.code, 1);
  assert.equal(answer.blobs, rows.length);
  assert.deepEqual(answer.faults.map(({ hash }) => hash).toSorted(), [large[1]!.hash, last.hash].toSorted());
  assert.ok(small.length + large.length <= rows.length);
});
