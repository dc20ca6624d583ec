import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import test from 'node:test';
import { commitVersion } from '../../src/data/index.ts';
import { until } from '../until.ts';
import { get, newRun, post, send, server } from './mlflow-raw.ts';

const PROXY = '/api/2.0/mlflow-artifacts/artifacts';

test('artifacts: bytes in and out, parts of them, lists, and gone', async () => {
  const id = await newRun();
  const root = `${PROXY}/0/${id}/artifacts`;
  const bytes = Buffer.from('0123456789');
  assert.equal(
    (await send('PUT', `${root}/d/a%20b%25.txt`, bytes, { 'content-type': 'text/plain' })).status,
    200,
  );
  assert.equal((await send('PUT', `${root}/d/empty`, Buffer.alloc(0))).status, 200);
  const whole = await send('GET', `${root}/d/a%20b%25.txt`);
  assert.equal(whole.text, '0123456789');
  assert.match(String(whole.headers['content-disposition']), /^attachment/);
  assert.equal(whole.headers['content-type'], 'text/plain');
  for (const [range, status, text] of [
    ['bytes=2-4', 206, '234'],
    ['bytes=-3', 206, '789'],
    ['bytes=8-99', 206, '89'],
    ['bytes=50-60', 200, '0123456789'],
    ['lines=1-2', 200, '0123456789'],
  ] as const) {
    const part = await send('GET', `${root}/d/a%20b%25.txt`, undefined, { range });
    assert.deepEqual([part.status, part.text], [status, text], range);
  }
  assert.deepEqual((await send('GET', `${PROXY}?path=0/${id}/artifacts/d`)).body, {
    files: [
      { path: 'a b%.txt', is_dir: false, file_size: 10 },
      { path: 'empty', is_dir: false, file_size: 0 },
    ],
  });
  assert.deepEqual((await send('GET', `${PROXY}?path=0/${id}/artifacts/d/empty`)).body, {});
  assert.equal((await send('GET', `${root}/d`)).status, 404, 'a folder is not a file');
  assert.equal((await send('PUT', `${root}/d`, bytes)).status, 400, 'a file cannot stand where a folder is');
  assert.equal((await send('PUT', `${root}/d/empty/below`, bytes)).status, 400, 'nor lie in a file');
  assert.equal((await send('DELETE', `${root}/d`)).status, 200);
  assert.deepEqual(
    (await send('GET', `${PROXY}?path=0/${id}`)).body,
    {},
    'folders that became empty are gone too',
  );
});

test('a name is stored and listed as it was sent; its other spelling is the same name and never a second file', async () => {
  const id = await newRun();
  const root = `${PROXY}/0/${id}/artifacts`;
  const at = (path: string): string => `${root}/${path.split('/').map(encodeURIComponent).join('/')}`;
  const put = (path: string, text: string) => send('PUT', at(path), Buffer.from(text));
  const names = async (folder: string): Promise<string[]> => {
    const { body } = await get(`/artifacts/list?run_id=${id}&path=${encodeURIComponent(folder)}`);
    return ((body['files'] ?? []) as Array<{ path: string }>).map(({ path }) => path);
  };
  const nfd = (text: string): string => text.normalize('NFD');
  const nfc = (text: string): string => text.normalize('NFC');
  const [folder, file] = [nfd('größe'), nfd('vokabulär.txt')];
  assert.equal((await put(`${folder}/${file}`, 'words')).status, 200);
  assert.equal((await put(`${folder}/a:b.txt`, 'no drive')).status, 200);
  assert.deepEqual(await names(''), [folder]);
  assert.deepEqual(await names(folder), [`${folder}/a:b.txt`, `${folder}/${file}`]);
  const whole = await send('GET', at(`${folder}/${file}`));
  assert.deepEqual(
    [whole.text, whole.headers['content-disposition']],
    ['words', `attachment; filename="vokabula_r.txt"; filename*=UTF-8''${encodeURIComponent(file)}`],
  );
  assert.equal((await send('GET', at(`${folder}/a:b.txt`))).text, 'no drive');
  assert.equal((await send('GET', at(nfc(`${folder}/${file}`)))).text, 'words', 'found by either spelling');

  for (const other of [
    `${folder}/${nfc(file)}`,
    `${nfc(folder)}/new.txt`,
    nfc(folder),
    nfc(`${folder}/${file}/x`),
  ]) {
    const refused = await put(other, 'other words');
    assert.equal(refused.status, 400, other);
    assert.match(refused.text, /u\{308\}.*its letters composed differently/, other);
  }
  assert.equal((await send('GET', at(`${folder}/${file}`))).text, 'words');
  assert.deepEqual(await names(folder), [`${folder}/a:b.txt`, `${folder}/${file}`]);
  // The native face meets the same rows and gives the same names.
  const stored = await send('PUT', `/api/v1/runs/${id}/artifacts/${encodeURIComponent(nfd('é.txt'))}`, 'x');
  assert.equal((stored.body as { path?: string }).path, nfd('é.txt'), stored.text);
  assert.equal((await send('DELETE', at(nfc(folder)))).status, 200);
  assert.deepEqual(await names(''), [nfd('é.txt')]);
});

test('an upload that breaks off leaves nothing', async () => {
  const id = await newRun();
  const { hostname, port } = new URL(server.url);
  const path = `${PROXY}/0/${id}/artifacts/half.bin`;
  const temp = (): string[] => readdirSync(join(server.data, 'blobs', 'temp'));
  await new Promise<void>((resolve, reject) => {
    const cut = request({ hostname, port, method: 'PUT', path, headers: { 'content-length': '10000000' } });
    cut.on('error', () => resolve());
    cut.write(Buffer.alloc(9_000_000)); // so many that they do not wait in memory
    until('its bytes', () => temp().length > 0).then(() => cut.destroy(), reject);
  });
  await until('the end of what was received', () => temp().length === 0);
  assert.equal((await send('GET', path)).status, 404);
  server.errors.length = 0; // a connection that breaks is worth a line in the log
});

/** Spellings of ways out, as their senders wrote them. */
const HOSTILE = [
  '..', '../x', '../../etc/passwd', 'a/../../x', 'a/..', '%2e%2e/x', '%2e%2e%2fx', '..%2fx', '%252e%252e/x', '%252e%252e%252fx', '%25252e%25252e/x',
  '..%5cx', '..\\x', 'a\\b', 'a%5cb', '%2fetc/passwd', '%252fetc', 'C:/x', 'c:', 'C%3a/x', 'a/c:/x', 'c%3A%5Cx', 'a%00b', 'a%2500b', 'a%0ab', 'a%23b', 'a%2523/../b', './x', 'a/./b', 'a/%2e/b',
  '%c0%ae%c0%ae/x', 'a//b', '%2f%2fhost/share', '%e2%80%aeexe.txt', '%252e%252e%255cx', `${'x'.repeat(300)}`,
]; // prettier-ignore

test('hostile spellings of a path are refused in every call that takes one', async () => {
  const id = await newRun();
  const before = await server.ctx.db
    .selectFrom('artifact' as never)
    .selectAll()
    .execute();
  for (const spelling of HOSTILE) {
    for (const method of ['PUT', 'GET', 'DELETE']) {
      const path = `${PROXY}/0/${id}/artifacts/${spelling}`;
      const { status, body } = await send(method, path, method === 'PUT' ? Buffer.from('x') : undefined);
      assert.ok(status === 400 || status === 404, `${method} ${spelling}: ${status}`);
      assert.ok(
        'error_code' in body || 'error' in body,
        `${method} ${spelling} is answered in JSON: ${JSON.stringify(body)}`,
      );
    }
    if (/%c0/.test(spelling)) continue; // a query cannot carry it as text
    for (const path of [
      `${PROXY}?path=${encodeURIComponent(decodeURIComponent(spelling))}`,
      `/api/2.0/mlflow/artifacts/list?run_id=${id}&path=${encodeURIComponent(decodeURIComponent(spelling))}`,
    ]) {
      const { status, body } = await send('GET', path);
      assert.ok(status === 400 || (status === 200 && body['files'] === undefined), `${path}: ${status}`);
    }
  }
  assert.deepEqual(
    await server.ctx.db
      .selectFrom('artifact' as never)
      .selectAll()
      .execute(),
    before,
    'no row came of it',
  );
});

test('what clients write as a place is kept as they wrote it and never opened', async () => {
  for (const artifact_location of ['s3://bucket/x', 'file:///etc', 'https://127.0.0.1:1/x']) {
    const { body } = await post('/experiments/create', {
      name: `at ${artifact_location}`,
      artifact_location,
    });
    const experiment = (await get(`/experiments/get?experiment_id=${String(body['experiment_id'])}`)).body[
      'experiment'
    ] as { artifact_location: string };
    assert.equal(experiment.artifact_location, artifact_location);
    const run = (
      (await post('/runs/create', { experiment_id: body['experiment_id'] })).body as {
        run: { info: { artifact_uri: string; run_id: string } };
      }
    ).run.info;
    assert.equal(run.artifact_uri, `${artifact_location}/${run.run_id}/artifacts`);
    assert.equal((await get(`/artifacts/list?run_id=${run.run_id}`)).status, 400);
  }
  for (const artifact_location of [
    'file:///a/../b',
    's3://a#../b',
    's3://a/%2e%2e/b',
    's3://a?x=../b',
    's3://a\u0000',
  ]) {
    assert.equal(
      (
        await post('/experiments/create', {
          name: `bad ${artifact_location.replaceAll('\u0000', '0')}`,
          artifact_location,
        })
      ).status,
      400,
      artifact_location,
    );
  }
});

test('a dataset that a client logs is linked to the version of ours that it names', async () => {
  const { hash, size } = await server.ctx.blobs.put(Buffer.from('date,delay\n2001-01-01,5\n'));
  const { version } = await commitVersion(server.ctx, {
    dataset: 'flights',
    files: [{ path: 'a.csv', hash, size }],
  });
  const id = await newRun();
  const log = (name: string, digest: string, source: string) =>
    post('/runs/log-inputs', {
      run_id: id,
      datasets: [{ dataset: { name, digest, source_type: 'http', source: JSON.stringify({ uri: source }) } }],
    });
  await log('flights@v1', 'd1', '/tmp/a.csv');
  await log('by address', 'd2', 'treadle://flights@main/a.csv');
  await log('flights', version.hash.slice(0, 36), '/tmp/a.csv');
  await log('flights', 'd4', '/tmp/other.csv');
  await log('../@', '%', 'treadle://@');
  const run = JSON.parse((await send('GET', `/api/v1/runs/${id}`)).text) as {
    inputs: Array<{ digest: string; version?: string; version_ref?: string }>;
  };
  const linked = Object.fromEntries(run.inputs.map((input) => [input.digest, input.version_ref]));
  assert.deepEqual(linked, {
    d1: 'flights@v1',
    d2: 'flights@v1',
    [version.hash.slice(0, 36)]: 'flights@v1',
    d4: undefined,
    '%': undefined,
  });
  assert.ok(run.inputs.filter((input) => input.version === version.id).length === 3);
  const edges = await server.ctx.db
    .selectFrom('lineage_edge' as never)
    .selectAll()
    .execute();
  assert.ok(JSON.stringify(edges).includes(`dataset_version:${version.id}`), 'and the ledger holds the edge');
});

test('single files, as MLflow’s pages and its R client fetch and send them', async () => {
  const id = await newRun();
  const raw = (path: string) => send('GET', path, undefined, { range: 'bytes=0-2' });
  const upload = (query: string, body: string) =>
    send('POST', `/ajax-api/2.0/mlflow/upload-artifact?${query}`, body, { 'content-type': 'image/png' });
  assert.equal((await upload(`run_uuid=${id}&path=plots/a.csv`, 'a,b\n1,2')).status, 200);
  assert.equal((await upload(`run_uuid=${id}&path=plots/none.csv`, '')).status, 400);
  assert.equal((await upload(`run_uuid=${id}&path=../x.csv`, 'x')).status, 400);
  assert.equal((await upload(`run_uuid=${id}`, 'x')).status, 400);
  assert.equal((await upload(`run_uuid=${id}&path=big`, 'x'.repeat(11 << 20))).status, 413);
  const part = await raw(`/get-artifact?run_id=${id}&path=plots/a.csv`);
  assert.deepEqual([part.status, part.text, part.headers['content-type']], [206, 'a,b', 'text/plain']);
  assert.equal((await send('GET', `/get-artifact?run_uuid=${id}&path=plots/a.csv`)).text, 'a,b\n1,2');
  const gone = await send('GET', `/get-artifact?run_id=${id}&path=plots/b.csv`);
  assert.deepEqual([gone.status, gone.body['error_code']], [404, 'RESOURCE_DOES_NOT_EXIST']);

  await send('PUT', `${PROXY}/0/${id}/artifacts/model/MLmodel`, 'flavors: {}');
  for (const [name, type] of [
    ['a.png', 'image/png'],
    ['a.tar.gz', 'application/x-tar'],
    ['MLmodel', 'text/plain'],
    ['.json', 'text/plain'],
    ['a.parquet', 'application/octet-stream'],
  ] as const) {
    await send('PUT', `${PROXY}/0/${id}/artifacts/types/${name}`, 'x', { 'content-type': 'x/y' });
    const { headers } = await send('HEAD', `${PROXY}/0/${id}/artifacts/types/${name}`);
    assert.deepEqual([headers['content-type'], headers['content-length']], [type, '1'], name);
  }
  await post('/registered-models/create', { name: 'of files' });
  await post('/model-versions/create', { name: 'of files', source: `runs:/${id}/model` });
  const file = '/model-versions/get-artifact?name=of%20files&version=1&path=MLmodel';
  assert.equal((await send('GET', file)).text, 'flavors: {}');
  assert.equal((await send('GET', file.replace('MLmodel', 'other'))).status, 404);
  const logged = await post('/logged-models', { experiment_id: '0', name: 'files' });
  const { model_id } = (logged.body as { model: { info: { model_id: string } } }).model.info;
  await send('PUT', `${PROXY}/0/models/${model_id}/artifacts/a.json`, '{}');
  const ofModel = `/ajax-api/2.0/mlflow/logged-models/${model_id}/artifacts/files?artifact_file_path=a.json`;
  assert.equal((await send('GET', ofModel)).text, '{}');
});
