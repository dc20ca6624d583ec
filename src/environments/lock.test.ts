import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRequirements, isPinned, lockDigest, requirementLines } from './lock.ts';

test('comments, blanks, order and line breaks make no other environment', () => {
  const digest = (text: string): string => lockDigest({ kind: 'requirements', text });
  assert.equal(digest('a==1\nb==2\n'), digest('# note\nb==2  # why\n\na==1'));
  assert.equal(digest('a==1 --hash=sha256:0'), digest('a==1 \\\n    --hash=sha256:0\n'));
  assert.notEqual(digest('a==1'), digest('a==1.0'));
  assert.notEqual(digest('a==1'), digest('a==1\nb==2'));
  assert.deepEqual(
    requirementLines('a @ https://x.y/#egg=a\n'),
    ['a @ https://x.y/#egg=a'],
    'a fragment is no comment',
  );
});

test('pinned means that each line names one version', () => {
  for (const text of [
    'a==1',
    'a[x]==1.2 ; python_version > "3"',
    'a==1 --hash=sha256:0\n--no-index',
    'a===1',
  ])
    assert.ok(isPinned(text), text);
  for (const text of ['a', 'a>=1', 'a==1,<2', 'a==1.*, !=1.2', 'a~=1']) assert.ok(!isPinned(text), text);
});

test('what reaches for files of the server is refused', () => {
  for (const line of [
    '-r x.txt',
    '-rx.txt',
    '--requirement=x',
    '-c x',
    '-e .',
    '-e../x',
    './x',
    '../x',
    '/etc/x.whl',
    '~/x',
    'x/y.whl',
    'file:///x',
    'a @ file:///x',
    'a @ ./x',
    'a@/x',
    '--config-settings=x',
    '--global-option=x',
  ]) {
    assert.throws(() => checkRequirements(`a==1\n${line}\n`, 'requirements.txt'), /requirements.txt: /, line);
  }
  checkRequirements(
    '# -r x\na==1 --hash=sha256:0\n--index-url https://x.y/simple\n--find-links https://x.y/\n-i https://x\nb @ https://x.y/b.whl ; python_version > "3"\n',
    'requirements.txt',
  );
});
