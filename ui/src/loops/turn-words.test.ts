import assert from 'node:assert/strict';
import test from 'node:test';
import { triggerWords, whyOf } from './turn-words.ts';

test('what turns a loop is said in one line', () => {
  assert.equal(triggerWords([]), 'by hand alone');
  assert.equal(
    triggerWords([
      { kind: 'daily', at: '03:00', time_zone: 'Europe/Berlin' },
      { kind: 'data', data: 'flights@main', rows: 100 },
      { kind: 'performance' },
      { kind: 'push' },
    ]),
    'daily 03:00 Europe/Berlin, new data of flights@main, worse answers, a push to main',
  );
});

test('a turn says why it stands as it does, and until then what turned it', () => {
  assert.equal(whyOf({ cause: 'it is 03:00' }), 'it is 03:00');
  assert.equal(whyOf({ cause: 'it is 03:00', reason: 'nothing is new' }), 'nothing is new');
});
