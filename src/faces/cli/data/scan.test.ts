import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { TreadleError } from '../../../platform/errors/index.ts';
import { scan } from './scan.ts';

const paths = (target: string, followLinks = false): string[] =>
  scan(target, { followLinks })
    .files.map(({ path: name }) => name)
    .toSorted();

void test('a link within the directory stands for what it names; one that leads out is refused by name', (t) => {
  const { data, outside } = folders(t);
  mkdirSync(path.join(data, 'sub'));
  writeFileSync(path.join(data, 'sub/b.txt'), 'b');
  symlinkSync('sub/b.txt', path.join(data, 'c.txt'));
  symlinkSync('sub', path.join(data, 'same'));
  const inside = ['a.txt', 'c.txt', 'same/b.txt', 'sub/b.txt'];
  assert.deepEqual(paths(data), inside);

  const links: ReadonlyArray<[string, string]> = [
    ['file.txt', path.join(outside, 'key')],
    ['folder', outside],
    ['sub/deep', '../../outside'],
  ];
  for (const [name, to] of links) {
    symlinkSync(to, path.join(data, name));
    assert.throws(
      () => paths(data),
      (error) =>
        error instanceof TreadleError &&
        error.message.includes(`${path.basename(name)}" leads out of the directory, to "${outside}`) &&
        error.hint?.includes('--follow-links') === true,
      name,
    );
    assert.equal(paths(data, true).length, inside.length + (name.startsWith('sub') ? 2 : 1), name);
    rmSync(path.join(data, name));
  }
  assert.deepEqual(paths(data), inside);
});

void test('the directory itself may be a link, and a sibling of the same beginning is outside', (t) => {
  const { data, top } = folders(t);
  symlinkSync(data, path.join(top, 'link'));
  assert.deepEqual(paths(path.join(top, 'link')), ['a.txt']);
  mkdirSync(path.join(top, 'data-more'));
  writeFileSync(path.join(top, 'data-more/x'), 'x');
  symlinkSync('../data-more/x', path.join(data, 'x'));
  assert.throws(() => paths(data), /leads out of the directory/);
});

void test('names that are stored composed are told', (t) => {
  const { data } = folders(t);
  assert.deepEqual(scan(data).respelled, []);
  writeFileSync(path.join(data, 'e\u0301.txt'), 'x');
  assert.deepEqual(scan(data).respelled, ['e\u0301.txt']);
});

function folders(t: TestContext): { top: string; data: string; outside: string } {
  const top = realpathSync(mkdtempSync(path.join(tmpdir(), 'scan-')));
  t.after(() => rmSync(top, { recursive: true, force: true }));
  const [data, outside] = [path.join(top, 'data'), path.join(top, 'outside')];
  mkdirSync(data);
  mkdirSync(outside);
  writeFileSync(path.join(data, 'a.txt'), 'a');
  writeFileSync(path.join(outside, 'key'), 'k');
  return { top, data, outside };
}
