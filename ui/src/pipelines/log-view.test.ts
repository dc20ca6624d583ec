import assert from 'node:assert/strict';
import test from 'node:test';
import { cleanLine, logLines, searchLog, splitMatches } from './log-view.ts';

test('colours, titles and overdrawn progress vanish; words stay', () => {
  assert.equal(cleanLine('\u001b[1;32mok\u001b[0m [3]'), 'ok [3]');
  assert.equal(cleanLine('\u001b]0;title\u0007shell'), 'shell');
  assert.equal(cleanLine(' 10%\r 55%\r100%\r'), '100%');
  assert.equal(cleanLine('plain\r'), 'plain');
});

test('the last line break makes no line of its own, an empty line does', () => {
  assert.deepEqual(logLines('a\n\nb\n'), [
    { number: 1, text: 'a' },
    { number: 2, text: '' },
    { number: 3, text: 'b' },
  ]);
  assert.deepEqual(logLines(''), []);
});

test('search finds lines in any case and cuts out what it found', () => {
  const lines = logLines('Epoch 1\nloss\nepoch 2');
  assert.deepEqual(searchLog(lines, 'EPOCH'), [0, 2]);
  assert.deepEqual(searchLog(lines, ''), []);
  assert.deepEqual(splitMatches('an Epoch, an epoch', 'epoch'), ['an ', 'Epoch', ', an ', 'epoch', '']);
  assert.deepEqual(splitMatches('İ x', 'x'), ['İ x']);
});
