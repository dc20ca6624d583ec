import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after, beforeEach } from 'node:test';
import { blake3 } from '@napi-rs/blake-hash';
import { openHashCache } from './hash-cache.ts';
import { hashLarge, readSmall } from './read-file.ts';
import { scan, type Found } from './scan.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'treadle-read-'));
const file = path.join(folder, 'data.bin');
const MiB = 1024 * 1024;
after(() => rmSync(folder, { recursive: true }));
beforeEach(() => writeFileSync(file, Buffer.alloc(9 * MiB, 7)));

const look = (): Found => scan(file).files[0]!;
const error = { kind: 'invalid', code: 'file-changed', message: /"data\.bin" changed while it was read/ };

test('a file at rest has its hash', () => {
  assert.equal(
    hashLarge(look(), () => undefined),
    blake3(Buffer.alloc(9 * MiB, 7)).toString('hex'),
  );
  assert.equal(
    readSmall(look()).hash,
    hashLarge(look(), () => undefined),
  );
});

const CHANGES: ReadonlyArray<[string, () => void]> = [
  ['grows', () => appendFileSync(file, 'x')],
  ['shrinks', () => truncateSync(file, 5 * MiB)],
  ['is written to in place', () => writeFileSync(file, Buffer.alloc(9 * MiB, 8))],
  [
    'is replaced by one of the same size and time',
    () => {
      const { atime, mtime } = statSync(file);
      writeFileSync(`${file}.new`, Buffer.alloc(9 * MiB, 8));
      utimesSync(`${file}.new`, atime, mtime);
      renameSync(`${file}.new`, file);
    },
  ],
  ['is gone', () => unlinkSync(file)],
];

for (const [how, change] of CHANGES) {
  test(`a file that ${how} after it was found is named`, () => {
    const found = look();
    change();
    assert.throws(() => readSmall(found), error);
    assert.throws(() => hashLarge(found, () => undefined), error);
  });
  if (how === 'is gone' || how.startsWith('is replaced')) continue; // an open file stays what it was
  test(`a file that ${how} while it is hashed is named`, () => {
    const found = look();
    let steps = 0;
    assert.throws(() => hashLarge(found, () => void (++steps === 1 && change())), error);
  });
}

test('the cache knows a file by all that the system tells of it, and trusts no fresh one', () => {
  const env = { XDG_CACHE_HOME: path.join(folder, 'cache') };
  const later = (): bigint => BigInt(Date.now() + 10_000) * 1_000_000n;
  const found = look();
  const hash = 'a'.repeat(64);
  const fill = (now?: () => bigint): void => {
    const cache = openHashCache(folder, env, now);
    cache.set(found, hash);
    cache.save();
  };
  fill();
  assert.equal(
    openHashCache(folder, env).get(found),
    undefined,
    'written to a moment ago: it may be again within the tick',
  );
  fill(later);
  assert.equal(openHashCache(folder, env).get(found), hash);
  for (const other of [{ size: 1 }, { mtime: 1n }, { ctime: 1n }, { inode: 1n }, { path: 'other' }]) {
    assert.equal(openHashCache(folder, env).get({ ...found, ...other }), undefined);
  }
  assert.equal(openHashCache('/another/root', env).get(found), undefined);
});
