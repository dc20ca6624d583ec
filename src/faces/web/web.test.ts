import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Ctx } from '../../platform/ctx/index.ts';
import { createHttp, type Http } from '../../platform/http/index.ts';
import { createLog } from '../../platform/log/index.ts';
import { CONTENT_SECURITY_POLICY, findUi, mountWeb } from './index.ts';

let folder: string;
let http: Http;
let built = true;

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'treadle-web-'));
  mkdirSync(path.join(folder, 'assets'));
  writeFileSync(path.join(folder, 'index.html'), '<!doctype html><title>UI</title>');
  writeFileSync(path.join(folder, 'theme.js'), 'theme');
  writeFileSync(path.join(folder, 'assets', 'main-abc123.js'), 'main');
  writeFileSync(path.join(folder, 'assets', 'main-abc123.js.gz'), gzipSync('main'));
  writeFileSync(path.join(folder, '.secret.txt'), 'secret');
  const nobody = () => {
    throw new Error('static files need no caller');
  };
  http = createHttp({
    log: createLog('error'),
    hosts: 'any',
    authenticate: async () => nobody(),
    anonymous: (): Ctx => nobody(),
    authorize: nobody,
  });
  await mountWeb(http.app, () => (built ? folder : undefined));
  await http.app.ready();
});
after(async () => {
  await http.close();
  rmSync(folder, { recursive: true });
});

const get = (url: string, headers: Record<string, string> = { accept: 'text/html,*/*' }) =>
  http.app.inject({ method: 'GET', url, headers });

test('the page, under its policy, is never stale', async () => {
  for (const url of ['/', '/experiments', '/models/iris.v2/versions/3', '/runs/abc?tab=metrics', '/apiary']) {
    const reply = await get(url);
    assert.equal(reply.statusCode, 200, url);
    assert.match(reply.body, /<title>UI/);
    assert.equal(reply.headers['content-security-policy'], CONTENT_SECURITY_POLICY);
    assert.equal(reply.headers['cache-control'], 'no-cache');
    assert.match(String(reply.headers['content-type']), /^text\/html/);
  }
  assert.ok(!/unsafe|\*/.test(CONTENT_SECURITY_POLICY));
});

test('hashed files are kept for ever, others asked for again; compressed where the browser can', async () => {
  const hashed = await get('/assets/main-abc123.js', { accept: '*/*' });
  assert.equal(hashed.headers['cache-control'], 'public, max-age=31536000, immutable');
  assert.match(String(hashed.headers['content-type']), /javascript/);
  assert.equal(hashed.body, 'main');
  const packed = await get('/assets/main-abc123.js', { accept: '*/*', 'accept-encoding': 'gzip' });
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.equal((await get('/theme.js', { accept: '*/*' })).headers['cache-control'], 'no-cache');
});

test('a wrong address of a program is an error in the native words, not a page', async () => {
  const cases: [string, string][] = [
    ['/api/v1/nothing', 'text/html'],
    ['/ajax-api/2.0/mlflow/nothing', 'text/html'],
    ['/assets/gone-1.js', 'text/html'],
    ['/experiments', 'application/json'],
    ['/api', 'text/html'],
  ];
  for (const [url, accept] of cases) {
    const reply = await get(url, { accept });
    assert.equal(reply.statusCode, 404, url);
    assert.equal(reply.json<{ error: { kind: string } }>().error.kind, 'missing');
  }
  assert.equal(
    (
      await http.app.inject({
        method: 'POST',
        url: '/experiments',
        headers: { 'sec-fetch-site': 'same-origin' },
      })
    ).statusCode,
    404,
  );
});

test('nothing outside the folder, and nothing hidden in it, is sent', async () => {
  for (const url of [
    '/../package.json',
    '/%2e%2e/package.json',
    '/assets/..%2f..%2fpackage.json',
    '/.secret.txt',
    '/assets/%2e%2e/.secret.txt',
    '/assets/\\..\\x.js',
    '/%00.js',
  ]) {
    const reply = await get(url, { accept: '*/*' });
    assert.ok(reply.statusCode === 404 || reply.statusCode === 400, `${url} answered ${reply.statusCode}`);
    assert.doesNotMatch(reply.body, /secret"?$|"dependencies"/);
  }
});

test('without a built UI the page says what to do', async () => {
  built = false;
  try {
    const reply = await get('/');
    assert.equal(reply.statusCode, 503);
    assert.match(reply.body, /npm start/);
    assert.equal((await get('/theme.js', { accept: '*/*' })).statusCode, 404);
  } finally {
    built = true;
  }
});

test('the UI is found beside the sources and inside a package', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'treadle-home-'));
  try {
    const place = (ui: string) => {
      mkdirSync(path.join(home, ui), { recursive: true });
      writeFileSync(path.join(home, ui, 'index.html'), '');
    };
    assert.equal(findUi(path.join(home, 'src', 'faces', 'web')), undefined);
    place('ui/dist');
    assert.equal(findUi(path.join(home, 'src', 'faces', 'web')), path.join(home, 'ui', 'dist'));
    place('dist/ui');
    assert.equal(
      findUi(path.join(home, 'dist')),
      path.join(home, 'dist', 'ui'),
      'an installed package has no sources',
    );
    mkdirSync(path.join(home, 'src'));
    assert.equal(findUi(path.join(home, 'dist')), path.join(home, 'ui', 'dist'), 'a bundle in a checkout');
  } finally {
    rmSync(home, { recursive: true });
  }
});
