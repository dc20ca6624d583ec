import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import { addGrant, addService, createToken } from '../../src/access/index.ts';
import { blobUser } from '../../src/data/index.ts';
import type { DatasetDetail } from '../../src/data/contract.ts';
import type { TestServer } from '../harness.ts';
import { onDatabases } from '../on-databases.ts';

// The requests that DVC 3.67.1 with dvc-http 2.32.0 was seen to send, on the wire. The real client: dvc-client.slow.test.ts.

interface Answer {
  status: number;
  reason: string;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

const md5 = (bytes: Uint8Array | string): string => createHash('md5').update(bytes).digest('hex');
const at = (oid: string): string => `${oid.slice(0, 2)}/${oid.slice(2)}`;
const ascii = (text: string): string =>
  text.replaceAll(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
/** A `.dir` object as DVC writes it: sorted, with Python's separators, in ASCII. */
const listing = (files: Record<string, string>): string =>
  `[${Object.keys(files)
    .toSorted()
    .map((path) => `{"md5": "${md5(files[path]!)}", "relpath": ${ascii(JSON.stringify(path))}}`)
    .join(', ')}]`;

onDatabases('DVC remotes were', (on, open) => {
  let server: TestServer;
  before(async () => {
    server = await open();
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    assert.deepEqual(server.errors, []);
  });

  const ask = (
    method: string,
    path: string,
    body?: Uint8Array | string,
    headers: Record<string, string> = {},
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      // The client sends in chunks, without a length.
      const chunked = body === undefined ? {} : { 'transfer-encoding': 'chunked' };
      const type = body === undefined ? {} : { 'content-type': 'application/octet-stream' };
      const asking = request(
        `${server.url}/dvc/${path}`,
        {
          method,
          headers: { accept: '*/*', 'accept-encoding': 'gzip, deflate', ...chunked, ...type, ...headers },
        },
        (reply) => {
          const chunks: Buffer[] = [];
          reply.on('data', (chunk: Buffer) => chunks.push(chunk));
          reply.on('error', reject);
          reply.on('end', () =>
            resolve({
              status: reply.statusCode ?? 0,
              reason: reply.statusMessage ?? '',
              headers: reply.headers,
              body: Buffer.concat(chunks),
            }),
          );
        },
      );
      asking.on('error', reject);
      asking.end(body);
    });

  /** What `dvc push` does: asks for each object, then sends what is missing, a directory's files before itself. */
  async function push(
    remote: string,
    objects: ReadonlyArray<readonly [oid: string, content: string | Uint8Array]>,
    {
      method = 'POST',
      folder = 'files/md5/',
      headers = {},
    }: { method?: string; folder?: string; headers?: Record<string, string> } = {},
  ): Promise<number[]> {
    const missing: (typeof objects)[number][] = [];
    for (const one of objects)
      if ((await ask('GET', `${remote}/${folder}${at(one[0])}`, undefined, headers)).status >= 400)
        missing.push(one);
    const answers: number[] = [];
    for (const [oid, content] of missing)
      answers.push((await ask(method, `${remote}/${folder}${at(oid)}`, content, headers)).status);
    return answers;
  }

  const directory = (files: Record<string, string>): Array<readonly [string, string]> => {
    const text = listing(files);
    return [
      ...new Map(Object.values(files).map((content) => [md5(content), content] as const)),
      [`${md5(text)}.dir`, text],
    ];
  };

  async function shown(dataset: string): Promise<{ branches: Record<string, string>; versions: number }> {
    const detail = (await (await fetch(`${server.url}/api/v1/datasets/${dataset}`)).json()) as DatasetDetail;
    return {
      branches: Object.fromEntries(detail.refs.map(({ name, version }) => [name, version])),
      versions: detail.versions,
    };
  }
  const filesOf = async (ref: string): Promise<string[]> => {
    const answer = await fetch(`${server.url}/api/v1/datasets/${ref}/files?recursive=true`);
    return ((await answer.json()) as { items: Array<{ path: string }> }).items.map(({ path }) => path);
  };

  void test(`${on}: a pushed directory is a version, once; what asks for it is answered as DVC asks`, async () => {
    const files = { 'a.txt': 'one\n', 'sub/b.txt': 'two\n', 'sub/ü c.txt': 'one\n', empty: '' };
    const objects = directory(files);
    const [dir, text] = objects.at(-1)!;
    assert.deepEqual(await push('flights', objects), [200, 200, 200, 200]);
    assert.deepEqual(await shown('flights'), { branches: { main: 'v1' }, versions: 1 });
    assert.deepEqual(await filesOf('flights/versions/main'), ['a.txt', 'empty', 'sub/b.txt', 'sub/ü c.txt']);

    // Everything is there, so nothing is sent; and what is sent all the same makes nothing new.
    assert.deepEqual(await push('flights', objects), []);
    for (const [oid, content] of objects)
      assert.equal((await ask('PUT', `flights/files/md5/${at(oid)}`, content)).status, 200);
    assert.deepEqual(await shown('flights'), { branches: { main: 'v1' }, versions: 1 });

    const url = `flights/files/md5/${at(dir)}`;
    const head = await ask('HEAD', url, undefined, { 'accept-encoding': 'identity' });
    assert.deepEqual(
      [head.status, head.headers['content-length'], head.headers['accept-ranges']],
      [200, String(text.length), 'bytes'],
    );
    const part = await ask('GET', url, undefined, { range: `bytes=0-${text.length - 1}` });
    assert.deepEqual(
      [part.status, part.headers['content-range']],
      [206, `bytes 0-${text.length - 1}/${text.length}`],
    );
    assert.equal(part.body.toString(), text);
    const whole = await ask('GET', url);
    assert.deepEqual(
      [whole.status, whole.headers['content-encoding'], whole.body.toString()],
      [200, undefined, text],
    );
    const nothing = await ask('GET', `flights/files/md5/${at(md5(''))}`);
    assert.deepEqual([nothing.status, nothing.headers['content-length']], [200, '0']);
    // What is asked before a fetch.
    assert.equal((await ask('GET', 'flights/files/md5')).status, 200);
    // A client that has seen the status goes away.
    await new Promise<void>((resolve) => {
      const asking = request(`${server.url}/dvc/${url}`, (reply) => {
        assert.equal(reply.statusCode, 200);
        asking.destroy();
        resolve();
      });
      asking.on('error', () => undefined).end();
    });

    // The next state moves the branch: a new version, made from the one before.
    assert.deepEqual(await push('flights', directory({ ...files, 'a.txt': 'changed\n' })), [200, 200]);
    assert.deepEqual(await shown('flights'), { branches: { main: 'v2' }, versions: 2 });
    assert.deepEqual(await push('flights@next', directory({ 'a.txt': 'one\n' })), [200]);
    assert.deepEqual(await shown('flights'), { branches: { main: 'v2', next: 'v3' }, versions: 3 });

    // A version that is deleted is no longer there for DVC either, and comes back as a new one.
    const removed = await fetch(`${server.url}/api/v1/datasets/flights/versions/v1`, { method: 'DELETE' });
    assert.equal(removed.status, 200);
    assert.equal((await ask('GET', url)).status, 404);
    assert.deepEqual(await push('flights', objects), [200]);
    assert.deepEqual(await shown('flights'), { branches: { main: 'v4', next: 'v3' }, versions: 4 });
  });

  void test(`${on}: a directory is accepted only whole, and bytes only under their own name; the reason is in the status line`, async () => {
    const files = { a: 'here\n', b: 'not here\n' };
    const [dir, text] = directory(files).at(-1)!;
    await ask('POST', `part/files/md5/${at(md5('other'))}`, 'other');
    const early = await ask('POST', `part/files/md5/${at(dir)}`, text);
    assert.equal(early.status, 409);
    assert.match(early.reason, /is not whole: 2 of its 2 files were not pushed \(a, b\) - push again/);
    assert.equal((await ask('GET', `part/files/md5/${at(dir)}`)).status, 404);
    assert.equal((await ask('POST', `part/files/md5/${at(md5('here\n'))}`, 'here\n')).status, 200);
    assert.match(
      (await ask('POST', `part/files/md5/${at(dir)}`, text)).reason,
      /1 of its 2 files were not pushed \(b\)/,
    );

    const wrong = await ask('POST', `part/files/md5/${at(md5('x'))}`, 'y');
    assert.equal(wrong.status, 400);
    assert.match(wrong.reason, new RegExp(`the bytes have the MD5 ${md5('y')}, not ${md5('x')}`));
    assert.equal((await ask('GET', `part/files/md5/${at(md5('x'))}`)).status, 404);
    for (const odd of ['{}', '[{"md5": 1, "relpath": "a"}]', '[{"relpath": "a"}]', '[', 'null']) {
      const answer = await ask('POST', `part/files/md5/${at(md5(odd))}.dir`, odd);
      assert.equal(answer.status, 400, odd);
    }
    const escape = listing({ '../a': 'here\n' });
    assert.match(
      (await ask('POST', `part/files/md5/${at(md5(escape))}.dir`, escape)).reason,
      /has '\.\.' in its path/,
    );
    // A directory of nothing is kept, and is no version.
    assert.equal((await ask('POST', `part/files/md5/${at(md5('[]'))}.dir`, '[]')).status, 200);
    assert.equal((await ask('GET', `part/files/md5/${at(md5('[]'))}.dir`)).body.toString(), '[]');
    assert.deepEqual(await shown('part'), { branches: {}, versions: 0 }, 'a file that nobody asked for');

    for (const path of [
      '..%2f/files/md5/',
      'a%2fb/files/md5/',
      'part@v3/files/md5/',
      'part@0123456789ab/files/md5/',
    ])
      assert.equal((await ask('POST', `${path}${at(md5('x'))}`, 'x')).status, 400, path);
    assert.equal((await ask('POST', `part/files/md5/zz/${'0'.repeat(30)}`, 'x')).status, 400);
    assert.equal((await ask('GET', `none/files/md5/${at(md5('x'))}`)).status, 404);
  });

  void test(`${on}: a single file is a version where nothing else was pushed; several directories do not fight for a branch`, async () => {
    const parquet = Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(20)]);
    assert.deepEqual(await push('table.csv', [[md5('a,b\n1,2\n'), 'a,b\n1,2\n']]), [200]);
    assert.deepEqual(await push('table.csv', [[md5('a,b\n1,3\n'), 'a,b\n1,3\n']]), [200]);
    assert.deepEqual(await shown('table.csv'), { branches: { main: 'v2' }, versions: 2 });
    assert.deepEqual(await filesOf('table.csv/versions/v2'), ['table.csv']);
    assert.deepEqual(await push('columns', [[md5(parquet), parquet]]), [200]);
    assert.deepEqual(await filesOf('columns/versions/main'), ['columns.parquet']);

    const [first, second] = [directory({ x: 'x1\n' }), directory({ y: 'y1\n' })];
    const single = [md5('model'), 'model'] as const;
    const dirs = [first.at(-1)!, second.at(-1)!];
    await push('mixed', [dirs[0]!, dirs[1]!, single]).then((answers) =>
      assert.deepEqual(answers, [409, 409, 200]),
    );
    await push('mixed', [...first, ...second, single]);
    const branches = dirs.map(([oid]) => `dvc-${oid.slice(0, 8)}`);
    assert.deepEqual(await shown('mixed'), {
      branches: { [branches[0]!]: 'v1', [branches[1]!]: 'v2' },
      versions: 2,
    });
    assert.equal((await ask('GET', `mixed/files/md5/${at(single[0])}`)).body.toString(), 'model');
    // What no version holds is needed all the same, and the listings of those that are there: gc leaves them.
    const needed: string[] = [];
    for await (const page of blobUser.uses(server.parts.database))
      for (const { by } of page) if (by.includes('of dataset default:mixed')) needed.push(by.split(' ')[2]!);
    assert.deepEqual(needed.toSorted(), [single[0], ...dirs.map(([oid]) => oid)].toSorted());
    const gone = await fetch(`${server.url}/api/v1/datasets/mixed`, { method: 'DELETE' });
    assert.equal(gone.status, 200);
    assert.equal((await ask('GET', `mixed/files/md5/${at(single[0])}`)).status, 404);
  });

  void test(`${on}: what was added with DVC 2 lies without a folder, and its text counts CRLF as LF`, async () => {
    const crlf = 'a\r\nb\r\n';
    const unixed = md5('a\nb\n');
    const binary = Buffer.from('a\0\r\n');
    assert.equal((await ask('POST', `old/files/md5/${at(unixed)}`, crlf)).status, 400);
    assert.equal((await ask('PUT', `old/${at(unixed)}`, crlf)).status, 200);
    assert.equal((await ask('PUT', `old/${at(md5(binary))}`, binary)).status, 200);
    assert.equal((await ask('PUT', `old/${at(md5('a\0\n'))}`, binary)).status, 400, 'no text');
    const text = `[{"md5": "${md5(binary)}", "relpath": "b.bin"}, {"md5": "${unixed}", "relpath": "a.txt"}]`;
    assert.equal(
      (await ask('PUT', `old/files/md5/${at(md5(text))}.dir`, text)).status,
      409,
      'each layout by itself',
    );
    assert.equal((await ask('PUT', `old/${at(md5(text))}.dir`, text)).status, 200);
    assert.equal((await ask('GET', `old/${at(unixed)}`)).body.toString(), crlf);
    assert.equal((await ask('GET', `old/files/md5/${at(unixed)}`)).status, 404);
    // Pieces of 1 MiB are looked at one by one: what begins as text and goes on as none.
    const long = Buffer.concat([Buffer.from('\r\n'.repeat(600_000)), Buffer.alloc(1024 * 1024)]);
    const pieces = [0, 1, 2].map((i) => long.subarray(i << 20, (i + 1) << 20));
    const piecewise = createHash('md5');
    for (const piece of pieces)
      piecewise.update(
        piece.subarray(0, 512).includes(0) ? piece : piece.toString('latin1').replaceAll('\r\n', '\n'),
      );
    assert.equal((await ask('PUT', `old/${at(piecewise.digest('hex'))}`, long)).status, 200);
  });

  void test(`${on}: basic and bearer credentials, and a grant on one dataset, open what they say`, async () => {
    const actor = { kind: 'owner', id: 'owner', name: 'local owner', role: 'owner' } as const;
    const { secret } = await createToken(server.ctx.as({ actor }), { name: 'pusher', role: 'editor' });
    const viewer = await createToken(server.ctx.as({ actor }), { name: 'puller', role: 'viewer' });
    const basic = (password: string) => ({
      authorization: `Basic ${Buffer.from(`any:${password}`).toString('base64')}`,
    });
    const objects = directory({ k: 'secret bytes\n' });
    const url = `closed/files/md5/${at(objects[0]![0])}`;
    assert.deepEqual(await push('closed', objects, { headers: basic(secret) }), [200, 200]);
    assert.equal(
      (await ask('GET', url, undefined, { authorization: `Bearer ${viewer.secret}` })).status,
      200,
    );
    const refused = await ask('POST', url, 'secret bytes\n', basic(viewer.secret));
    assert.equal(refused.status, 403);
    const unknown = await ask('POST', url, 'secret bytes\n', { authorization: 'Bearer trd_nobody' });
    assert.equal(unknown.status, 401);
    assert.match(unknown.reason, /token/);
    assert.equal(
      (await ask('GET', 'closed/files/md5', undefined, { authorization: 'Bearer trd_nobody' })).status,
      401,
    );
    // Who was granted one dataset reads and writes that one, and gets no other's bytes through it by their MD5.
    const { ctx } = server;
    const robot = await addService(ctx.as({ actor }), { name: 'robot', roles: [] });
    await addGrant(ctx.as({ actor }), { user: robot.name, level: 'editor', kind: 'dataset', name: 'theirs' });
    const own = await createToken(ctx.as({ actor }), {
      name: 'robot token',
      role: 'editor',
      service: robot.name,
    });
    const headers = { authorization: `Bearer ${own.secret}` };
    assert.deepEqual(await push('theirs', objects.slice(1), { headers }), [409]);
    assert.deepEqual(await push('theirs', directory({ z: 'z\n' }), { headers }), [200, 200]);
    for (const [method, body] of [
      ['GET', undefined],
      ['POST', 'secret bytes\n'],
    ] as const)
      assert.equal((await ask(method, url, body, headers)).status, 403);
    assert.equal(
      (await ask('GET', `theirs/files/md5/${at(objects[0]![0])}`, undefined, headers)).status,
      404,
    );
  });
});
