import assert from 'node:assert/strict';
import test from 'node:test';
import { sourcesOf } from './sources.ts';

const tensor = (name: string, width: number): string[] =>
  Array.from({ length: width }, (_one, at) => `${name}[${at}]`);

test('tensors are one where a row is an image or wide; a table stays its columns', () => {
  const names = [
    'prediction',
    'in_a',
    ...tensor('in_x', 3),
    ...tensor('in_pixels', 64),
    ...tensor('in_e', 200),
  ];
  const inputs = [{ name: 'pixels', type: 'tensor(float32)[-1,8,8,1]' }];
  assert.deepEqual(
    sourcesOf(names, { inputs }, { in_a: 'text' }).map(({ column, kind, shape }) => [column, kind, shape]),
    [
      ['in_a', 'text', undefined],
      ...tensor('in_x', 3).map((name) => [name, undefined, undefined]),
      ['in_pixels', undefined, [8, 8, 1]],
      ['in_e', undefined, undefined],
    ],
  );
});

test('what the monitor says of a tensor holds', () => {
  const names = [...tensor('in_x', 3), ...tensor('in_e', 200)];
  assert.deepEqual(
    sourcesOf(names, undefined, { in_x: 'vector', in_e: 'numbers' }).map(({ column }) => column),
    ['in_x', ...tensor('in_e', 200)],
  );
});

test('the only tensor of a signature needs no name', () => {
  const inputs = [{ type: 'tensor(uint8)[-1,1,8,8]' }];
  const [first, ...others] = sourcesOf(tensor('in_image', 64), { inputs });
  assert.deepEqual([first?.column, first?.shape, others], ['in_image', [1, 8, 8], []]);
  const two = sourcesOf(['in_a', ...tensor('in_image', 64)], { inputs });
  assert.equal(two.length, 65, 'nobody says which');
});
