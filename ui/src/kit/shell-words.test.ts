import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { shellQuoted, shellWord } from './shell-words.ts';

test('a shell reads back what was written for it', () => {
  for (const text of [
    'plain',
    "it's",
    'two words',
    '$HOME',
    'a"b`c\\d',
    'select * from \'flights@v3\' where x = "y"',
    '',
  ])
    for (const word of [shellQuoted(text), shellWord(text)])
      assert.equal(execFileSync('sh', ['-c', `printf %s ${word}`]).toString(), text);
});
