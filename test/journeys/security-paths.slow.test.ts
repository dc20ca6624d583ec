import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { openHouse, SECRET, type House } from './security/house.ts';
import { send, type Answer, type Sent } from './security/requests.ts';

/**
 * Spellings that have led servers to files outside, each in every field and address that takes a path. A secret lies beside
 * the data folder; it must never be seen, nothing may be written outside, and whether a file exists must not be told.
 */

/** How to reach `target` (`secret.txt` beside the data folder, or an absolute path) from anywhere below. */
const spellings = (target: string): string[] => {
  const up = (dots: string, slash: string, depth = 8): string =>
    `${dots}${slash}`.repeat(depth) + target.replaceAll('/', slash);
  return [
    up('..', '/', 1),
    up('..', '/', 2),
    up('..', '/'),
    `a/${up('..', '/')}`,
    `./${up('..', '/')}`,
    up('..', '\\'),
    up('..', '%2f'),
    up('..', '%5c'),
    up('%2e%2e', '/'),
    up('%2E%2E', '%2F'),
    up('.%2e', '/'),
    up('%252e%252e', '/'),
    up('%252e%252e', '%252f'),
    up('%25252e%25252e', '%25252f'),
    up('..%00', '/'),
    up('..', '/%00'),
    up('....', '//'),
    up('..;', '/'),
    up('..', '/;/'),
    up('%c0%ae%c0%ae', '/'),
    up('%e0%80%ae%e0%80%ae', '/'),
    up('%uff0e%uff0e', '/'),
    up('\uff0e\uff0e', '/'),
    up('..', '\u2215'),
    `/${target}`,
    `//${target}`,
    `%2f${target}`,
    `file:///${target}`,
    `file:${target}`,
    `C:\\${target}`,
    `~/${target}`,
    `${target}\u0000.txt`,
    `x?/${up('..', '/')}`,
    `x#/${up('..', '/')}`,
    `x;/${up('..', '/')}`,
  ];
};

let house: House;
before(async () => {
  house = await openHouse('127.0.0.1');
});
after(async () => {
  await house[Symbol.asyncDispose]();
});

const json = (body: object): Pick<Sent, 'headers' | 'body'> => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const bytes = { headers: { 'content-type': 'application/octet-stream' }, body: 'intruder' };

/** In an address as it stands (where Node lets it), and encoded as one value. */
const raw = (text: string): string => text.replaceAll(/[^\u0021-\u007e]/g, (c) => encodeURIComponent(c));
const query = encodeURIComponent;

/** Every place that takes a path or an address, by name. */
function places(spelling: string): Array<[string, Sent]> {
  const { run, loggedModel, model, dataset, hash } = house.seeds;
  const ui = ['/', '/assets/'].map((base): [string, Sent] => [
    `static ${base}`,
    { method: 'GET', path: `${base}${raw(spelling)}` },
  ]);
  const folders: Array<[string, string]> = [
    ['run artifact', `/api/v1/runs/${run}/artifacts/`],
    ['version file', `/api/v1/models/${model}/versions/1/files/`],
    ['artifact proxy', '/api/2.0/mlflow-artifacts/artifacts/'],
    ['artifact proxy of a run', `/api/2.0/mlflow-artifacts/artifacts/0/${run}/artifacts/`],
    ['artifact proxy of a model', `/api/2.0/mlflow-artifacts/artifacts/0/models/${loggedModel}/artifacts/`],
  ];
  const inPath = folders.flatMap(([name, base]): Array<[string, Sent]> => [
    [`GET ${name}`, { method: 'GET', path: base + raw(spelling) }],
    [`GET ${name}, encoded`, { method: 'GET', path: base + query(spelling) }],
    ...(name === 'version file'
      ? []
      : ([
          [`PUT ${name}`, { method: 'PUT', path: base + raw(spelling), ...bytes }],
          [`PUT ${name}, encoded`, { method: 'PUT', path: base + query(spelling), ...bytes }],
          [`DELETE ${name}`, { method: 'DELETE', path: base + raw(spelling) }],
        ] satisfies Array<[string, Sent]>)),
  ]);
  return [
    ...ui,
    ...inPath,
    ['run artifacts of', { method: 'GET', path: `/api/v1/runs/${run}/artifacts?path=${query(spelling)}` }],
    [
      'artifacts/list of',
      { method: 'GET', path: `/api/2.0/mlflow/artifacts/list?run_id=${run}&path=${query(spelling)}` },
    ],
    ['proxy list of', { method: 'GET', path: `/api/2.0/mlflow-artifacts/artifacts?path=${query(spelling)}` }],
    [
      'model directories of',
      {
        method: 'GET',
        path: `/api/2.0/mlflow/logged-models/${loggedModel}/artifacts/directories?artifact_directory_path=${query(spelling)}`,
      },
    ],
    [
      'content of a dataset',
      { method: 'GET', path: `/api/v1/datasets/${dataset}/versions/main/content?path=${query(spelling)}` },
    ],
    [
      'preview of a dataset',
      { method: 'GET', path: `/api/v1/datasets/${dataset}/versions/main/preview?path=${query(spelling)}` },
    ],
    [
      'files of a dataset',
      { method: 'GET', path: `/api/v1/datasets/${dataset}/versions/main/files?path=${query(spelling)}` },
    ],
    ['a dataset called', { method: 'GET', path: `/api/v1/datasets/${query(spelling)}` }],
    ['a run called', { method: 'GET', path: `/api/v1/runs/${query(spelling)}` }],
    ['a model called', { method: 'GET', path: `/api/v1/models/${query(spelling)}` }],
    [
      'commit of a file',
      {
        method: 'POST',
        path: `/api/v1/datasets/${dataset}/versions`,
        ...json({ files: [{ path: spelling, hash, size: 20 }], message: 'x' }),
      },
    ],
    [
      'commit from a source',
      { method: 'POST', path: `/api/v1/datasets/sources/versions`, ...json({ files: [], source: spelling }) },
    ],
    [
      'sql over',
      {
        method: 'POST',
        path: '/api/v1/data/sql',
        ...json({ sql: `select * from '${spelling.replaceAll("'", "''")}'` }),
      },
    ],
    [
      'sql that reads',
      {
        method: 'POST',
        path: '/api/v1/data/sql',
        ...json({ sql: `select * from read_text('${spelling.replaceAll("'", "''")}')` }),
      },
    ],
    [
      'source of a version',
      { method: 'POST', path: `/api/v1/models/${model}/versions`, ...json({ source: spelling }) },
    ],
    [
      'source below a run',
      {
        method: 'POST',
        path: `/api/v1/models/${model}/versions`,
        ...json({ source: `runs:/${run}/${spelling}` }),
      },
    ],
    [
      'source of a version, as a prompt',
      {
        method: 'POST',
        path: '/api/2.0/mlflow/model-versions/create',
        ...json({ name: model, source: spelling, tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }] }),
      },
    ],
    [
      'artifact location',
      {
        method: 'POST',
        path: '/api/2.0/mlflow/experiments/create',
        ...json({ name: `at ${spelling}`, artifact_location: spelling }),
      },
    ],
    [
      'pipeline file',
      { method: 'POST', path: '/api/v1/pipelines/check', ...json({ file: spelling, text: spelling }) },
    ],
  ];
}

/** What is in the folder around the data folder, two levels up as well. */
const around = (): string[] => readdirSync(house.parent).toSorted();

/** `npm run test:deep` tries every spelling of every file in every place; otherwise each place meets each spelling once. */
const WHOLE = process.env['TREADLE_TEST_WHOLE'] === '1';

/** `turn` of three: which places meet which spelling of this file. */
async function tryAll(target: string, turn: number): Promise<number> {
  let sent = 0;
  for (const [i, spelling] of spellings(target).entries()) {
    const attempt = async ([name, request]: [string, Sent]): Promise<void> => {
      const answer = await send(house.port, request).catch((error: Error): Answer => ({
        status: 400,
        headers: {},
        body: '',
        all: error.message,
      }));
      sent++;
      const what = `${name} '${spelling}': ${answer.status}`;
      assert.ok(!answer.all.includes(SECRET), `${what} shows the secret`);
      assert.ok(!/root:[x*!]?:0:0:/.test(answer.all), `${what} shows the machine's users`);
      assert.ok(answer.status < 500 || answer.status === 501, `${what} ${answer.body.slice(0, 300)}`);
    };
    await Promise.all(
      places(spelling)
        .filter((_, j) => WHOLE || (i + j) % 3 === turn)
        .map(attempt),
    );
  }
  return sent;
}

// Before the others, which store things under names like these.
test('whether a file outside exists is not told', async () => {
  const there = spellings('secret.txt');
  const notThere = spellings('secret.tx0');
  for (const [i, spelling] of there.entries()) {
    const [ours, theirs] = [places(spelling), places(notThere[i]!)];
    for (const [j, [name, request]] of ours.entries()) {
      // The first call of some changes what the second finds; those say nothing of files.
      if (/^(PUT|DELETE|commit|source|artifact location)/.test(name)) continue;
      const plain = ({ status, body }: Answer): string =>
        `${status} ${body}`
          .replaceAll(/secret\.tx[t0]/g, 'FILE')
          .replaceAll(/"request_id":"[^"]*"/g, '')
          .replaceAll(
            /\b[0-9a-f]{32,64}\b|\b\d{10,13}\b|"(version|experiment_id|number)":"?\d+"?|\d+ characters/g,
            '',
          );
      const fail = (error: Error): Answer => ({ status: 0, headers: {}, body: error.message, all: '' });
      const a = await send(house.port, request).catch(fail);
      const b = await send(house.port, theirs[j]![1]).catch(fail);
      assert.equal(plain(a), plain(b), `${name} '${spelling}' tells`);
    }
  }
});

test('no spelling in no field leads outside', async (t) => {
  const before = around();
  const secretFile = path.join(house.parent, 'secret.txt');
  const sent =
    (await tryAll('secret.txt', 0)) +
    (await tryAll(secretFile.slice(1), 1)) +
    (await tryAll('etc/passwd', 2));
  assert.deepEqual(around(), before, 'something was written beside the data folder');
  assert.equal(readFileSync(secretFile, 'utf8'), SECRET);
  assert.deepEqual(house.errors, []);
  assert.ok(sent > (WHOLE ? 3000 : 1000));
  t.diagnostic(
    `${spellings('x').length} spellings × ${places('x').length} places × 3 files: ${sent} requests`,
  );
});

test('what is stored under an odd but legal name comes back byte for byte', async () => {
  for (const name of [
    'a b.txt',
    'ünïcödé/名前.txt',
    '100%25.txt',
    "it's.txt",
    'a+b&c=d.txt',
    'deep/er/and/deeper.txt',
    '.hidden',
    '-rf',
  ]) {
    const address = `/api/v1/runs/${house.seeds.run}/artifacts/${name.split('/').map(encodeURIComponent).join('/')}`;
    const put = await send(house.port, {
      method: 'PUT',
      path: address,
      headers: { 'content-type': 'text/html' },
      body: `<script>${name}</script>`,
    });
    assert.equal(put.status, 200, `${name}: ${put.body}`);
    const got = await send(house.port, { method: 'GET', path: address });
    assert.equal(got.body, `<script>${name}</script>`);
    assert.match(String(got.headers['content-disposition']), /^attachment/);
  }
});
