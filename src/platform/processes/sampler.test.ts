import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { allStats } from './proc.ts';
import { createSampler } from './sampler.ts';

test('ten looks a second walk all processes of the machine once; what a tree starts meanwhile is seen', async () => {
  let time = 1000;
  let walks = 0;
  const sampler = createSampler(
    () => time,
    () => {
      walks++;
      return allStats();
    },
  );
  const child = spawn('/bin/sh', ['-c', 'read _; sleep 60 & sleep 60'], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  let [looks, most] = [0, 0];
  const unwatch = sampler.watch({
    session: child.pid!,
    memoryLimit: 2 ** 40,
    onSample: ({ processes }) => {
      looks++;
      most = Math.max(most, processes);
      time += 10; // the clock of the test: all of it lies within the first second
      child.stdin.write('\n');
    },
    onMemoryExceeded: () => assert.fail('nothing takes that much'),
  });
  for (let tries = 0; tries < 500 && looks < 60 && most < 3; tries++) await sleep(20);
  unwatch();
  process.kill(-child.pid!, 'SIGKILL');
  await once(child, 'exit');
  assert.ok(most >= 3, `${most} processes were seen`);
  assert.equal(walks, 1, 'one walk was enough');
});
