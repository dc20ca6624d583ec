import assert from 'node:assert/strict';
import test from 'node:test';
import { stepLines, yamlPieces } from './yaml-lines.ts';

const shown = (line: string) => yamlPieces(line).map(({ kind, text }) => `${kind}:${text}`);

test('keys, names in commands, numbers, texts and comments are told apart', () => {
  assert.deepEqual(shown('    run: python prep.py {flights} --depth 6 # fast'), [
    'plain:    ',
    'key:run:',
    'plain: python prep.py ',
    'name:{flights}',
    'plain: --depth ',
    'number:6',
    'plain: ',
    'comment:# fast',
  ]);
  assert.deepEqual(shown('params: { depth: 6, rate: 0.1 }'), [
    'key:params:',
    'plain: { ',
    'key:depth:',
    'plain: ',
    'number:6',
    'plain:, ',
    'key:rate:',
    'plain: ',
    'number:0.1',
    'plain: }',
  ]);
  assert.deepEqual(shown('  - daily: "03:00 #1"'), [
    'plain:  - ',
    'key:daily:',
    'plain: ',
    'text:"03:00 #1"',
  ]);
  assert.deepEqual(shown('data: flights@v3'), ['key:data:', 'plain: flights@v3']);
});

test('whatever the line, its pieces together are the line', () => {
  for (const line of ['', '  ', "it's: 'x", '#', 'a: {b: [1, 2}', '- - x', 'url: http://a/#b', '"'])
    assert.equal(
      yamlPieces(line)
        .map(({ text }) => text)
        .join(''),
      line,
    );
});

const file = `name: x
# steps:
steps:
  prep:
    run: a

    # why
    out: b
  train: { run: c }

  "odd name":
    run: d
model: m`.split('\n');

test('a step is found with all its lines', () => {
  assert.deepEqual(stepLines(file, 'prep'), { first: 3, last: 7 });
  assert.deepEqual(stepLines(file, 'train'), { first: 8, last: 8 });
  assert.deepEqual(stepLines(file, 'odd name'), { first: 10, last: 11 });
  assert.equal(stepLines(file, 'run'), undefined);
  assert.equal(stepLines(['name: x'], 'prep'), undefined);
});
