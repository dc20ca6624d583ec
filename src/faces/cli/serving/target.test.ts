import assert from 'node:assert/strict';
import test from 'node:test';
import { endpointFor, readTarget, share } from './target.ts';

test('a model version as people write it', () => {
  const read: Array<[string, object]> = [
    ['flights', { model: 'flights', version: 'latest' }],
    ['flights@v3', { model: 'flights', version: '3' }],
    ['flights/3', { model: 'flights', version: '3' }],
    ['flights/v3', { model: 'flights', version: '3' }],
    ['flights/latest', { model: 'flights', version: 'latest' }],
    ['flights@latest', { model: 'flights', version: 'latest' }],
    ['flights@champion', { model: 'flights', version: '@champion' }],
    ['my flights@vip', { model: 'my flights', version: '@vip' }],
  ];
  for (const [text, target] of read) assert.deepEqual(readTarget(text), target, text);
  for (const text of ['', '@v3', 'a/b', 'a@b@c', 'a/3/4', 'a@', 'a/'])
    assert.throws(() => readTarget(text), { kind: 'invalid', field: 'model' }, text);
});

test('a share is a version and a percent', () => {
  const read = share('@v4:10');
  assert.deepEqual(read('@v4:10'), { version: '4', percent: 10 });
  assert.deepEqual(read('other@champion:2.5%'), { model: 'other', version: '@champion', percent: 2.5 });
  for (const text of ['@v4', '@v4:', '@v4:101', ':10', '@v4:-1', 'a/b:10'])
    assert.throws(() => read(text), text);
});

test('the endpoint of a model has a name that an address can have', () => {
  assert.equal(endpointFor('flight-delay'), 'flight-delay');
  assert.equal(endpointFor('my flights (new)'), 'my-flights-new-');
  assert.equal(endpointFor('später'), 'sp-ter');
  assert.equal(endpointFor('日本'), 'model');
});
