import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { listTokens } from '../../src/access/contract.ts';
import { listExecutions } from '../../src/pipelines/contract.ts';
import { reduce, type Move, type Progress } from '../../src/pipelines/run/progress.ts';
import { selectTransitions } from '../../src/pipelines/store.ts';
import { getRun, getSeries } from '../../src/tracking/contract.ts';
import { openTest } from '../harness.ts';
import { ServerProcess, sleep } from './kill/server-process.ts';
import { Project, running, stepOf } from './pipelines/project.ts';

/** How often the server is killed; TREADLE_STEP_KILLS=200 for the whole proof (some ten minutes). */
const KILLS = Number(process.env['TREADLE_STEP_KILLS'] ?? 6);
/** Where `npm test` kills: counted moments over a start with work that was cut short, and over the whole life of some steps. */
const MOMENTS = [3, 8, 13, 18, 22, 27, 31, 36, 44, 60];
/** A step of its own whoever looks for its processes. */
const NAP = '0.3071';

/** Numbers that look like chance and are the same each time. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const step = (marks: string, name: string, input: string | undefined): string =>
  `  ${name}:
    run: 'echo {round}-${name} >> ${marks}; echo "${name} begins"; setsid sleep ${NAP} & sleep ${NAP}; echo "${name} ends"; echo "{\\"m\\": {round}}" > {${name}_metrics}; echo $(${input === undefined ? 'echo {round}' : `cat {${input}}`}) ${name} > {${name}_out}'
    code: []
    resources: { cpu: 0.5 }
    out: { ${name}_out: ${name}.txt, ${name}_metrics: metrics.json }
`;

test(
  `${KILLS} kills of the server at any moment of its steps: nothing lost, nothing twice, nothing left`,
  { timeout: KILLS * 30_000 + 300_000 },
  async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'treadle-step-kill-'));
    chmodSync(folder, 0o1777); // steps leave their marks in it
    const data = path.join(folder, 'data');
    const marks = path.join(folder, 'marks');
    writeFileSync(marks, '');
    chmodSync(marks, 0o666);
    const server = await ServerProcess.on(data, { TREADLE_STEP_FOLDERS: folder });
    const random = chance(Number(process.env['TREADLE_STEP_SEED'] ?? 1));
    t.after(async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    await server.start();
    using p = new Project(server.url).write(
      'treadle.yaml',
      `name: killed\nparams: { round: 0 }\nsteps:\n${step(marks, 'a', undefined)}${step(marks, 'b', 'a_out')}${step(marks, 'c', 'b_out')}${step(marks, 'side', undefined)}`,
    );
    await p.request(); // the code is there before the first kill
    await server.kill();

    let round = 0;
    let [counted, timed] = [0, 0];
    for (let kill = 0; kill < KILLS; kill++) {
      const whole = KILLS <= MOMENTS.length;
      // Half of the many at any time, the others at any moment.
      const byTime = !whole && kill % 2 === 1;
      await server.start(
        byTime ? undefined : { moment: whole ? MOMENTS[kill]! : 1 + Math.floor(random() * 70) },
      );
      round++;
      await p.start({ params: { round } }).catch(() => undefined); // the server may be gone already
      if (byTime) {
        await sleep(random() * 1200);
        timed++;
      } else {
        // It dies by itself, unless all its work ends before.
        while (!server.dead && (await open(p)) !== 0) await sleep(20);
        if (server.dead) counted++;
      }
      await server.kill();
    }
    assert.ok(counted > (KILLS - timed) / 2, `only ${counted} moments came`);

    await server.start();
    const { items } = await p.client.call(listExecutions, { query: { limit: 1000 } });
    assert.ok(items.length > 0);
    const times = new Map<string, number>();
    const details = [];
    for (const { id } of items) details.push(await p.ended(id));
    for (const mark of readFileSync(marks, 'utf8').split('\n').filter(Boolean))
      times.set(mark, (times.get(mark) ?? 0) + 1);
    let adopted = 0;
    for (const execution of details) {
      const value = execution.params.find(({ name }) => name === 'round')?.value;
      assert.equal(execution.state, 'succeeded', `${String(value)}: ${execution.reason}`);
      for (const name of ['a', 'b', 'c', 'side']) {
        const one = stepOf(execution, name);
        assert.equal(
          times.get(`${String(value)}-${name}`),
          1,
          `step ${name} of round ${String(value)}: ${JSON.stringify(one)}`,
        );
        if (one.state === 'cached') continue;
        assert.equal(await p.log(execution.id, name), `${name} begins\n${name} ends\n`);
        const run = await p.client.call(getRun, { params: { run: one.run_id! } });
        assert.equal(run.status, 'finished');
        const { values } = await p.client.call(getSeries, {
          params: { run: one.run_id!, key: 'm' },
          query: {},
        });
        assert.deepEqual(values, [Number(value)], 'what it measured is there once');
        if (one.attempts.length === 0) adopted++;
      }
      const made = await fetch(`${server.url}/api/v1/executions/${execution.id}/steps/c/outputs/c_out`);
      assert.equal(await made.text(), `${String(value)} a b c\n`);
    }
    const tokens = (await p.client.call(listTokens, {})).items;
    assert.deepEqual(
      tokens.filter(({ execution }) => execution !== undefined),
      [],
      'no token is left',
    );
    for (let tries = 0; readdirSync(path.join(data, 'work')).length > 0 && tries < 500; tries++)
      await sleep(20);
    assert.deepEqual(readdirSync(path.join(data, 'work')), [], 'no folder is left');
    assert.deepEqual(
      readdirSync(path.join(data, 'isolation')).filter((name) => name !== 'root'),
      [],
      'no walls are left',
    );
    for (let tries = 0; running('sleep', NAP) > 0 && tries < 500; tries++) await sleep(20);
    assert.equal(running('sleep', NAP), 0, 'no process is left');
    assert.equal(server.log, '', 'the server logged errors');
    await server.stop();
    // Whoever folds the transitions that were stored sees what the rows say.
    await using again = await openTest({ data });
    for (const { id, steps } of details) {
      const begun: Progress = new Map(steps.map(({ name }) => [name, 'waiting']));
      const told = await selectTransitions(again.ctx, id);
      assert.deepEqual(
        [
          ...told.reduce(
            (now, { step: name, move }) => reduce(now, { step: name, move: move as Move }),
            begun,
          ),
        ],
        steps.map(({ name, state }) => [name, state]),
      );
    }
    t.diagnostic(
      `${counted} kills at counted moments, ${timed} at any time; ${details.length} executions, ${adopted} of their steps in one try`,
    );
  },
);

/** How many executions have not ended; undefined when the server is gone. */
async function open(p: Project): Promise<number | undefined> {
  const found = await p.client.call(listExecutions, { query: { limit: 1000 } }).catch(() => undefined);
  return found?.items.filter(({ state }) => state === 'queued' || state === 'running').length;
}
