import assert from 'node:assert/strict';
import test from 'node:test';
import { faultLines } from './damage.ts';

test('faults of one pack stand together below its name', () => {
  const faults = [
    { hash: 'aa1', pack: 'p' },
    { hash: 'bb2' },
    { hash: 'cc3', pack: 'p' },
    { hash: 'dd4', pack: undefined },
  ];
  assert.deepEqual(
    faultLines(faults, ({ hash }) => `${hash}: gone`, '/b/'),
    [
      'in /b/packs/p.pack:',
      '  aa1: gone',
      '  cc3: gone',
      'in /b/files/bb/bb2:',
      '  bb2: gone',
      'in /b/files/dd/dd4:',
      '  dd4: gone',
    ],
  );
});
