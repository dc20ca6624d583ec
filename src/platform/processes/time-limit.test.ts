import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { after, test } from 'node:test';
import { createProcesses } from './index.ts';
import { HAS_PROC } from './proc.ts';
import { limitTime } from './time-limit.ts';

const processes = createProcesses();
after(() => processes.close());
const run = (line: string, limits: { cpuTimeout: number; timeout?: number }) =>
  processes.run({ argv: ['/bin/sh', '-c', line], cwd: tmpdir(), env: {}, grace: 200, ...limits });

test('what burns ends by its processor time, also in what it started', { skip: !HAS_PROC }, async () => {
  for (const line of ['while :; do :; done', 'while :; do :; done & wait']) {
    // By the clock it would have an hour.
    const ended = await run(line, { cpuTimeout: 300, timeout: 3_600_000 });
    assert.equal(ended.reason, 'timeout');
    assert.match(ended.message, /time limit of 0.3 s of processor time/);
  }
});

test('what sleeps ends by the clock, ten times as late', { skip: !HAS_PROC }, async () => {
  const ended = await run('sleep 600', { cpuTimeout: 200 });
  assert.equal(ended.reason, 'timeout');
  assert.match(ended.message, /time limit of 2 s by the clock/);
  assert.ok(ended.wallMs >= 2000, `after ${ended.wallMs} ms`);
});

test('the time of work counts from when it was watched; where the machine does not tell, it is the clock', async () => {
  const limits: string[] = [];
  let used = 5000;
  const limit = (ms: number, tells: boolean): Promise<string> =>
    new Promise((resolve) => {
      limitTime({ ms, clock: 3_600_000, used: () => (tells ? used : undefined) }, resolve);
    });
  const burning = limit(100, true).then((text) => limits.push(text));
  assert.equal(await limit(50, false), '0.05 s');
  assert.deepEqual(limits, [], 'what it had used before is not its own');
  used = 5100;
  await burning;
  assert.deepEqual(limits, ['0.1 s of processor time']);
});
