import assert from 'node:assert/strict';
import test from 'node:test';
import type { Tensor } from '../../runtimes/index.ts';
import { collect, type Answers } from './answers.ts';
import type { Label } from './label.ts';

const binary: Label = { task: 'binary', classes: ['0', '1'], codes: new Uint8Array(3) };
const words: Label = { task: 'binary', classes: ['on time', 'late'], codes: new Uint8Array(3) };
const three: Label = { task: 'multiclass', classes: ['a', 'b', 'c'], codes: new Uint32Array(2) };
const number: Label = { task: 'regression', values: new Float64Array(2) };

const fp = (name: string, shape: number[], data: number[]): Tensor => ({
  name,
  datatype: 'FP64',
  shape,
  data: Float64Array.from(data),
});
const texts = (name: string, data: string[]): Tensor => ({
  name,
  datatype: 'BYTES',
  shape: [data.length],
  data,
});
const longs = (name: string, data: number[]): Tensor => ({
  name,
  datatype: 'INT64',
  shape: [data.length],
  data: BigInt64Array.from(data, BigInt),
});

function said(label: Label, outputs: Tensor[], prediction?: string): Answers {
  const rows = outputs[0]!.shape[0]!;
  const collector = collect(rows, label, prediction, 'm version 1');
  collector.add(outputs, 0, rows);
  return collector.answers();
}
const plain = (answers: Answers): unknown =>
  JSON.parse(
    JSON.stringify(answers, (_key, value: unknown) =>
      ArrayBuffer.isView(value) ? [...(value as Float64Array)] : value,
    ),
  );

test('probabilities of two classes: the column of the positive one, and the class where it is above one half', () => {
  const chances = fp('probabilities', [3, 2], [0.2, 0.8, 0.5, 0.5, 0.9, 0.1]);
  assert.deepEqual(plain(said(binary, [chances])), {
    task: 'binary',
    score: [0.8, 0.5, 0.1],
    probable: true,
    said: [1, 0, 0],
  });
  // Sorted, `late` comes before `on time`: its column is the first.
  assert.deepEqual(plain(said(words, [chances])), {
    task: 'binary',
    score: [0.2, 0.5, 0.9],
    probable: true,
    said: [0, 0, 1],
  });
  // A model that says 0 and 1 was trained on them: its second column is the positive one.
  assert.deepEqual(plain(said(words, [longs('label', [1, 0, 0]), chances])), {
    task: 'binary',
    score: [0.8, 0.5, 0.1],
    probable: true,
    said: [1, 0, 0],
  });
  // The model's own classes count, whatever its threshold is.
  assert.deepEqual(plain(said(binary, [longs('label', [1, 1, 0]), chances])), {
    task: 'binary',
    score: [0.8, 0.5, 0.1],
    probable: true,
    said: [1, 1, 0],
  });
});

test('classes alone give no score; a score outside 0–1 is no probability', () => {
  assert.deepEqual(plain(said(binary, [longs('y', [1, 0, 1])])), {
    task: 'binary',
    probable: false,
    said: [1, 0, 1],
  });
  assert.deepEqual(plain(said(binary, [fp('y', [3], [1, 0, 1])])), {
    task: 'binary',
    probable: false,
    said: [1, 0, 1],
  });
  assert.deepEqual(plain(said(words, [texts('y', ['late', 'on time', 'late'])])), {
    task: 'binary',
    probable: false,
    said: [1, 0, 1],
  });
  assert.deepEqual(plain(said(words, [longs('y', [1, 0, 1])])), {
    task: 'binary',
    probable: false,
    said: [1, 0, 1],
  });
  assert.deepEqual(plain(said(binary, [fp('z', [3, 1], [-2, 0.5, 3])])), {
    task: 'binary',
    score: [-2, 0.5, 3],
    probable: false,
  });
});

test('more classes, and numbers', () => {
  const chances = fp('probabilities', [2, 3], [0.2, 0.5, 0.3, 0.6, 0.2, 0.2]);
  assert.deepEqual(plain(said(three, [chances])), {
    task: 'multiclass',
    probabilities: [0.2, 0.5, 0.3, 0.6, 0.2, 0.2],
    said: [1, 0],
  });
  assert.deepEqual(plain(said(three, [texts('label', ['c', 'a'])])), { task: 'multiclass', said: [2, 0] });
  assert.deepEqual(plain(said(number, [fp('y', [2, 1], [1.5, -2])])), {
    task: 'regression',
    said: [1.5, -2],
  });
  assert.deepEqual(plain(said(number, [fp('a', [2], [1, 2]), fp('b', [2], [3, 4])], 'b')), {
    task: 'regression',
    said: [3, 4],
  });
});

test('answers that cannot be scored say which and why', () => {
  const wrong: ReadonlyArray<[Label, Tensor[], RegExp, string?]> = [
    [binary, [fp('p', [3], [0.1, NaN, 0.2])], /answered NaN for row 1/],
    [
      binary,
      [
        fp(
          'p',
          [3, 3],
          Array.from({ length: 9 }, () => 0.3),
        ),
      ],
      /3 probabilities a row, and the label has two classes/,
    ],
    [
      three,
      [fp('p', [2, 2], [1, 0, 0, 1])],
      /2 probabilities a row, and the label has 3 classes \(a, b, c\)/,
    ],
    [three, [texts('y', ['a', 'z'])], /answered 'z' for row 1, which is no value of the label/],
    [number, [texts('y', ['a', 'z'])], /answers y: BYTES \[2\]; nothing of it is one number a row/],
    [number, [fp('y', [2], [1, 2])], /no output 'z'/, 'z'],
  ];
  for (const [label, outputs, message, prediction] of wrong)
    assert.throws(() => said(label, outputs, prediction), message);
  const collector = collect(4, binary, undefined, 'm version 1');
  assert.throws(() => collector.add([fp('p', [2], [0.1, 0.2])], 0, 4), /answered 2 rows when it was asked 4/);
});
