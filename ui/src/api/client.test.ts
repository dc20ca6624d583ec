import assert from 'node:assert/strict';
import test from 'node:test';
import { urlOf } from './client.ts';

test('params are escaped into the path, the rest keeps its slashes, absent query fields vanish', () => {
  assert.equal(
    urlOf(
      { path: '/api/v1/runs/:run/artifacts/*' },
      { run: 'a/b', '*': 'plots/über 1.png' },
      { limit: 5, page: undefined, key: ['x', 'y&z'] },
    ),
    '/api/v1/runs/a%2Fb/artifacts/plots/%C3%BCber%201.png?limit=5&key=x&key=y%26z',
  );
  assert.equal(urlOf({ path: '/api/v1/me' }), '/api/v1/me');
});
