import assert from 'node:assert/strict';
import test from 'node:test';
import { firstLook } from './first-look.ts';

const look = (text: string | Buffer, whole = true, name = 'a.csv'): string | undefined =>
  firstLook(Buffer.from(text), whole, name, name.endsWith('.csv') ? 'csv' : 'jsonl')?.message;

test('the first bytes say what will be refused, with the line', () => {
  assert.equal(
    look('a,b\n1,2\n"x\ny",3\n4\n5,6\n'),
    'a.csv, line 5: it has 1 cell, and the first line has 2',
  );
  assert.equal(look('\n\na,b\r\n1,2,3\r\n'), 'a.csv, line 4: it has 3 cells, and the first line has 2');
  assert.equal(look('a;b\n1;2\n1,5;3\n'), undefined);
  assert.equal(look(Buffer.from('a,b\n1,é\n', 'latin1')), 'a.csv, line 2: it is not UTF-8');
  assert.equal(look(Buffer.from('\ufeffa,b\n1,2\n', 'utf16le')), 'a.csv is written in UTF-16');
  assert.equal(
    look('a,A\n1,2\n'),
    "a.csv: its first line names the columns 'a' and 'A', which differ only in case",
  );
  assert.equal(
    look(Buffer.from('{"a":"é"}\n', 'latin1'), true, 'a.jsonl'),
    'a.jsonl, line 1: it is not UTF-8',
  );
});

test('what is right, or only cut, is let through', () => {
  assert.equal(look('a,b\n1,2\n3,4'), undefined);
  assert.equal(look('a,a\n1,2\n'), undefined, 'the same name twice is numbered');
  assert.equal(look('one\n1\n2\n'), undefined);
  assert.equal(look(''), 'a.csv holds no line but empty ones');
  assert.equal(look('a,b\n1,2\n3', false), undefined, 'the last line is not there yet');
  assert.equal(look(Buffer.from('a,b\n1,é').subarray(0, -1), false), undefined, 'nor the last character');
  assert.equal(look('{"a":1}\n{}\n', true, 'a.jsonl'), undefined);
});
