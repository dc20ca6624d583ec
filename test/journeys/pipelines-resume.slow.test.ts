import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { listExecutions } from '../../src/pipelines/contract.ts';
import { getRun } from '../../src/tracking/contract.ts';
import { until } from '../until.ts';
import { ServerProcess } from './kill/server-process.ts';
import { Project, running, states, stepOf } from './pipelines/project.ts';

test('a server killed while a step runs: its processes end, and the next start goes on where it was', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-resume-'));
  chmodSync(folder, 0o1777); // where the steps and the test meet
  const server = await ServerProcess.on(path.join(folder, 'data'), { TREADLE_STEP_FOLDERS: folder });
  const marks = path.join(folder, 'marks');
  // Found again by their names, beside other checkouts that are tested.
  const [escaped, step] = [`6071.${process.pid}`, `6072.${process.pid}`];
  try {
    await server.start();
    using p = new Project(server.url);
    p.write(
      'step.sh',
      `echo "$1" >> ${marks}
[ "$1" = b ] && [ ! -e ${folder}/go ] && {
  setsid sleep ${escaped} &
  sleep ${step}
}
echo "$1" > "$2"
`,
    ).write(
      'treadle.yaml',
      `name: resumed
steps:
  a: { run: "sh step.sh a {x}", out: { x: x.txt } }
  b: { run: "sh step.sh b {y} # {x}", out: { y: y.txt } }
  c: { run: "sh step.sh c {z} # {y}", out: { z: z.txt } }
`,
    );
    const { id } = await p.start();
    const there = (seconds: string) => () => running('sleep', seconds) === 1;
    const gone = (seconds: string) => () => running('sleep', seconds) === 0;
    await until('the step', there(step));
    await until('its grandchild', there(escaped));
    const before = await p.until(id, (execution) => states(execution)['b'] === 'running');
    await server.kill();
    await until('the end of the step', gone(step));
    writeFileSync(path.join(folder, 'go'), '');
    const began = performance.now();
    await server.start();
    const after = await p.ended(id);
    t.diagnostic(`it had ended ${Math.round(performance.now() - began)} ms after the start`);
    assert.equal(after.state, 'succeeded', String(after.reason));
    await until('the end of what escaped', gone(escaped));
    assert.deepEqual(
      readFileSync(marks, 'utf8').trim().split('\n'),
      ['a', 'b', 'b', 'c'],
      'what had ended was not run again',
    );
    assert.deepEqual(stepOf(after, 'a'), stepOf(before, 'a'));
    const b = stepOf(after, 'b');
    assert.deepEqual([b.attempt, b.attempts.length, b.attempts[0]?.outcome.reason], [2, 1, 'lost']);
    const lost = await p.client.call(getRun, { params: { run: b.attempts[0]!.run_id! } });
    assert.equal(lost.status, 'killed');
    assert.equal((await p.client.call(listExecutions, { query: {} })).items.length, 1);
    assert.deepEqual(states(await p.run()), { a: 'cached', b: 'cached', c: 'cached' });
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a server that stops in good order ends the steps and goes on with them at its next start', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-resume-'));
  chmodSync(folder, 0o1777); // where the steps and the test meet
  const server = await ServerProcess.on(path.join(folder, 'data'), { TREADLE_STEP_FOLDERS: folder });
  try {
    await server.start();
    using p = new Project(server.url).write(
      'treadle.yaml',
      `name: stopped\nsteps:\n  a: { run: "test -e ${folder}/go || { touch ${folder}/up; sleep 100; }", code: [] }\n`,
    );
    const { id } = await p.start();
    await until('the step', () => existsSync(path.join(folder, 'up')));
    await server.stop();
    writeFileSync(path.join(folder, 'go'), '');
    await server.start();
    assert.equal((await p.ended(id)).state, 'succeeded');
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
