import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { openTest } from '../harness.ts';
import { play, python } from './mlflow-servers.ts';

const root = path.resolve(import.meta.dirname, '../..');
const skip = python === undefined ? 'there is no Python: node scripts/setup.mjs makes one' : false;

test('the Python client makes, reads, lists, uploads, downloads, and tells refusals', { skip }, async () => {
  await using server = await openTest();
  const report = await play('python-client.py', server.url, {
    PYTHONPATH: path.join(root, 'sdk/python'),
    PYTHONDONTWRITEBYTECODE: '1',
    TREADLE_URL: server.url,
    TREADLE_TOKEN: '',
    TREADLE_WORKSPACE: '',
  });
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  assert.deepEqual(report, { version, done: true });
  assert.deepEqual(server.errors, []);
});
