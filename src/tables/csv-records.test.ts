import assert from 'node:assert/strict';
import test from 'node:test';
import { splitCsv } from './csv-records.ts';

const split = (text: string, delimiter = ',', whole = true): string[][] =>
  splitCsv(text, delimiter, whole).records;

test('cells, quotes, line ends and empty lines', () => {
  assert.deepEqual(split('a,b\n1,\n'), [
    ['a', 'b'],
    ['1', ''],
  ]);
  assert.deepEqual(split('a,"b\n""c"",d"\r\n\r\n\re,f\rg,h'), [
    ['a', 'b\n"c",d'],
    ['e', 'f'],
    ['g', 'h'],
  ]);
  assert.deepEqual(split('a|"b|c"|d', '|'), [['a', 'b|c', 'd']]);
  assert.deepEqual(split('a\tb;c,d', '\t'), [['a', 'b;c,d']]);
  assert.deepEqual(split('a,'), [['a', '']]);
  assert.deepEqual(split('""\n'), []);
  assert.deepEqual(split(''), []);
});

test('where each record begins', () => {
  assert.deepEqual(splitCsv('\na,"\n"\r\n\r\nb,c\nd', ',').starts, [1, 10, 14]);
});

test('what stands behind a quote belongs to its cell', () => {
  assert.deepEqual(split('"a"b,"c" \n5" disk,x\n'), [
    ['ab', 'c '],
    ['5" disk', 'x'],
  ]);
});

test('a quoted cell without an end says which record that is, and keeps those before', () => {
  assert.deepEqual(splitCsv('a,b\n1,"2\n3,4\n', ','), { records: [['a', 'b']], starts: [0], endless: 1 });
  assert.deepEqual(splitCsv('"', ','), { records: [], starts: [], endless: 0 });
});

test('of a text that was cut the last record is left out, wherever the cut is', () => {
  const text = 'a,b\n1,"x ""y"""\n3,4';
  for (let end = 0; end <= text.length; end++) {
    const records = split(text.slice(0, end), ',', false);
    const lines = end >= 16 ? 2 : end >= 4 ? 1 : 0;
    assert.deepEqual(
      records,
      [
        ['a', 'b'],
        ['1', 'x "y"'],
      ].slice(0, lines),
      text.slice(0, end),
    );
  }
});
