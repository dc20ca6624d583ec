import assert from 'node:assert/strict';
import test from 'node:test';
import { openTest } from '../harness.ts';
import { Project } from './pipelines/project.ts';

/** `npm run test:deep` takes 1,000. */
const STEPS = Number(process.env['TREADLE_FAN'] ?? 100);

test(
  `${STEPS} steps side by side, joined by one: all run once, and none the second time`,
  { timeout: 600_000 },
  async () => {
    await using server = await openTest();
    const names = Array.from({ length: STEPS }, (_, i) => `s${i}`);
    const steps = names.map(
      (name, i) => `  ${name}: { run: "echo ${i} > {o${i}}", out: { o${i}: o }, code: [] }`,
    );
    const join = `  join: { run: "cat ${names.map((_, i) => `{o${i}}`).join(' ')} | wc -l > {all}", out: { all: all.txt }, code: [] }`;
    using p = new Project(server.url).write(
      'treadle.yaml',
      `name: fan\nsteps:\n${steps.join('\n')}\n${join}\n`,
    );
    const { id } = await p.start();
    const execution = await p.ended(id);
    assert.deepEqual(execution.steps_by_state, { succeeded: STEPS + 1 }, execution.reason ?? '');
    assert.deepEqual([...new Set(execution.steps.map(({ attempt }) => attempt))], [1]);
    const delays = execution.steps.map(({ start_delay_ms: delay }) => delay!).toSorted((a, b) => a - b);
    assert.equal(delays.length, STEPS + 1);
    const again = await p.run();
    assert.deepEqual(again.steps_by_state, { cached: STEPS + 1 });
    assert.deepEqual(server.errors, []);
  },
);
