import assert from 'node:assert/strict';
import { readlinkSync } from 'node:fs';
import { getPriority } from 'node:os';
import test from 'node:test';
import { stepAside } from './step-aside.ts';

test('a thread steps aside only where it can come back', { skip: process.platform !== 'linux' }, () => {
  const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
  const before = getPriority(thread);
  const comeBack = stepAside();
  const aside = getPriority(thread);
  comeBack();
  // With the privilege far down and up again; without it one step down, which nobody notices.
  assert.ok(aside === Math.min(19, before + 15) || aside === before + 1, `${before} → ${aside}`);
  assert.equal(getPriority(thread), aside === before + 1 ? aside : before);
});
