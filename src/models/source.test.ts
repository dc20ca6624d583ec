import assert from 'node:assert/strict';
import test from 'node:test';
import { parseSource } from './source.ts';

const RUN = '0198f0f0f0f07000800000000000abcd';
const MODEL = `m-${RUN}`;

test('reads the addresses of our own artifacts', () => {
  assert.deepEqual(parseSource(`models:/${MODEL}`), { kind: 'logged-model', id: MODEL, path: '' });
  assert.deepEqual(parseSource(`models:/${MODEL}/sub/folder`), {
    kind: 'logged-model',
    id: MODEL,
    path: 'sub/folder',
  });
  assert.deepEqual(parseSource('models:/flight delay/3'), {
    kind: 'version',
    model: 'flight delay',
    version: '3',
  });
  assert.deepEqual(parseSource('models:/flights@champion'), {
    kind: 'version',
    model: 'flights',
    version: '@champion',
  });
  assert.deepEqual(parseSource('models:///flights/latest'), {
    kind: 'version',
    model: 'flights',
    version: 'latest',
  });
  assert.deepEqual(parseSource(`runs:/${RUN}/a/b c`), { kind: 'run', run: RUN, path: 'a/b c' });
  assert.deepEqual(parseSource(`mlflow-artifacts:/0/${RUN}/artifacts/model`), {
    kind: 'run',
    run: RUN,
    path: 'model',
  });
  assert.deepEqual(parseSource(`mlflow-artifacts://host:80/0/${RUN}/artifacts/a/b`), {
    kind: 'run',
    run: RUN,
    path: 'a/b',
  });
  assert.deepEqual(parseSource(`mlflow-artifacts:/0/models/${MODEL}/artifacts`), {
    kind: 'logged-model',
    id: MODEL,
    path: '',
  });
});

test('keeps places outside as text', () => {
  for (const uri of [
    's3://bucket/key',
    'gs://b/k',
    'wasbs://c@account.blob.core.windows.net/p',
    'dbfs:/models/x',
    'gs://b/k?version=3',
    's3://b/k#part',
    'dummy-source',
  ]) {
    assert.deepEqual(parseSource(uri), { kind: 'outside' }, uri);
  }
});

/** Spellings that have led servers to their own files, in every part of a URI. */
const UPWARDS = [
  '..',
  '%2e%2e',
  '%2E%2E',
  '%252e%252e',
  '%25252e%25252e',
  '..%00',
  '..%09',
  '..;',
  '%2e.',
  '.%2e',
  '%c0%ae%c0%ae',
  '%e0%80%ae',
  '..\\',
  '..%5c',
  '%5c..',
  '..%2f',
  '\u202e..',
  '..\u0000',
  '..\n',
  '..\t',
];

test('refuses every step upwards, in each part of each kind of address', () => {
  let refused = 0;
  for (const up of UPWARDS) {
    for (const uri of [
      `runs:/${RUN}/${up}/etc/passwd`,
      `models:/${MODEL}/${up}/etc`,
      `models:/${up}/1`,
      `mlflow-artifacts:/0/${RUN}/artifacts/${up}/x`,
      `mlflow-artifacts:/0/${RUN}/artifacts/x/${up}`,
      `s3://bucket/${up}/key`,
      `https://host/x?path=/${up}/y`,
      `https://host/x#/${up}/y`,
      `https://host/x;a=/${up}/y`,
      `dbfs:/${up}/x`,
    ]) {
      assert.throws(() => parseSource(uri), { kind: 'invalid', field: 'source' }, JSON.stringify(uri));
      refused++;
    }
  }
  assert.equal(refused, 200);
});

test('refuses what names a file, another host, or nothing', () => {
  for (const uri of [
    '',
    '/etc/passwd',
    'etc/passwd',
    './model',
    '~/.ssh/id_rsa',
    'file:///etc/passwd',
    'FILE:/etc/passwd',
    'file:etc/passwd',
    'C:\\Windows\\win.ini',
    'c:/windows/win.ini',
    '\\\\host\\share',
    '//host/share',
    'models://other-registry/m/1',
    'models:m/1',
    'models:/m',
    'models:/m/1/2',
    'runs:/',
    `runs:/${RUN}?x=1`,
    `runs:/${RUN}/a#b`,
    'runs:/../x',
    'mlflow-artifacts:/0',
    'mlflow-artifacts:/0/models/not-an-id/artifacts',
    'mlflow-artifacts:/',
    's3:',
    's3://',
    'nonsense:',
    'https://user:password@host/x',
    ...['ftp', 'sftp', 'hdfs', 'viewfs', 'http', 'https', 'r2', 'b2', 'abfss'].map(
      (scheme) => `${scheme}://host/x`,
    ),
    `s3://${'x'.repeat(2000)}`,
    'dummy-source/../../etc/passwd',
  ]) {
    assert.throws(() => parseSource(uri), { kind: 'invalid', field: 'source' }, JSON.stringify(uri));
  }
});

test('a password in a source is refused without being repeated', () => {
  assert.throws(
    () => parseSource('https://user:hunter2@host/x'),
    (error: Error) => !error.message.includes('hunter2'),
  );
});
