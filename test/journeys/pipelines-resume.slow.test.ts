import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { listExecutions } from '../../src/pipelines/contract.ts';
import { getRun } from '../../src/tracking/contract.ts';
import { until } from '../until.ts';
import { ServerProcess } from './kill/server-process.ts';
import { Project, running, states, stepOf } from './pipelines/project.ts';

/** Asks the server as the step that it is, once it may go on. */
const LATE = `import json, os, sys, time, urllib.request
print("before the kill", flush=True)
open(sys.argv[1], "w").close()
while not os.path.exists(sys.argv[2]): time.sleep(0.02)
body = {"run_id": os.environ["MLFLOW_RUN_ID"], "key": "late", "value": 7, "timestamp": 1}
for tries in range(400):
    request = urllib.request.Request(os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric", json.dumps(body).encode(),
        {"content-type": "application/json", "authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"]})
    try:
        urllib.request.urlopen(request).read()
        break
    except OSError as error:
        time.sleep(0.05)
else: sys.exit("the server never answered: " + str(error))
print("after the kill", os.environ["MLFLOW_TRACKING_TOKEN"], flush=True)
open(sys.argv[3], "w").write("made")
open(sys.argv[4], "w").write(os.environ["MLFLOW_TRACKING_TOKEN"])
`;

test('a server killed while a step runs: the step goes on, and the next server goes on with it', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-resume-'));
  chmodSync(folder, 0o1777); // where the steps and the test meet
  const data = path.join(folder, 'data');
  const server = await ServerProcess.on(data, { TREADLE_STEP_FOLDERS: folder });
  const marks = path.join(folder, 'marks');
  try {
    await server.start();
    using p = new Project(server.url);
    p.write('late.py', LATE).write(
      'treadle.yaml',
      `name: resumed
steps:
  a: { run: "echo a >> ${marks}; echo a > {x}", code: [], out: { x: x.txt } }
  b: { run: "echo b >> ${marks}; cat {x}; exec python3 late.py ${folder}/up ${folder}/go {y} ${folder}/token", code: [late.py], out: { y: y.txt } }
  c: { run: "echo c >> ${marks}; cat {y} > {z}", code: [], out: { z: z.txt } }
`,
    );
    const { id } = await p.start();
    await until('the step', () => existsSync(path.join(folder, 'up')));
    const before = await p.get(id);
    await server.kill();
    assert.equal(running('python3', 'late.py', ...lateArgs(folder)), 1, 'the step lives');
    await server.start();
    assert.equal(states(await p.until(id, ({ state }) => state === 'running'))['b'], 'running');
    writeFileSync(path.join(folder, 'go'), '');
    const after = await p.ended(id);
    assert.equal(after.state, 'succeeded', String(after.reason));
    assert.deepEqual(readFileSync(marks, 'utf8').trim().split('\n'), ['a', 'b', 'c'], 'nothing ran twice');
    assert.deepEqual(stepOf(after, 'a'), stepOf(before, 'a'));
    const b = stepOf(after, 'b');
    assert.deepEqual([b.attempt, b.attempts, b.run_id], [1, [], stepOf(before, 'b').run_id]);
    assert.equal(await p.log(id, 'b'), 'a\nbefore the kill\nafter the kill [secret]\n');
    assert.equal(b.outputs[0]?.size, 4);
    assert.ok((b.resources?.wall_ms ?? 0) > 0);
    const run = await p.client.call(getRun, { params: { run: b.run_id! } });
    assert.equal(run.status, 'finished');
    assert.equal(run.metrics.find(({ key }) => key === 'late')?.last, 7, 'its token opened what it may');
    const token = readFileSync(path.join(folder, 'token'), 'utf8');
    const late = await fetch(`${server.url}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(late.status, 401, 'and ended with it');
    assert.deepEqual(states(await p.run()), { a: 'cached', b: 'cached', c: 'cached' });
    await until('the end of its folders', () => readdirSync(path.join(data, 'work')).length === 0);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** The words after late.py, as the step's command line has them. */
const lateArgs = (folder: string): string[] => [`${folder}/up`, `${folder}/go`, 'y.txt', `${folder}/token`];

test('a step that ended while no server ran is collected; one that was killed meanwhile is lost and runs again', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-resume-'));
  chmodSync(folder, 0o1777); // where the steps and the test meet
  const data = path.join(folder, 'data');
  const server = await ServerProcess.on(data, { TREADLE_STEP_FOLDERS: folder });
  const marks = path.join(folder, 'marks');
  // Found again by its name, beside other checkouts that are tested.
  const escaped = `6071.${process.pid}`;
  const step = (name: string): string =>
    `  ${name}: { run: "echo ${name} >> ${marks}; touch ${folder}/${name}-up; test -e ${folder}/go || { setsid sleep ${escaped} & while ! test -e ${folder}/${name}-go; do sleep 0.02; done; }; echo ${name} > {${name}_out}; echo said", code: [], resources: { cpu: 0.5 }, out: { ${name}_out: ${name}.txt } }`;
  try {
    await server.start();
    using p = new Project(server.url).write(
      'treadle.yaml',
      `name: away\nsteps:\n${step('ends')}\n${step('dies')}\n`,
    );
    const { id } = await p.start();
    for (const name of ['ends', 'dies']) await until(name, () => existsSync(path.join(folder, `${name}-up`)));
    await server.kill();
    const work = path.join(data, 'work', id);
    const control = (name: string): string =>
      path.join(
        work,
        readdirSync(work).find((one) => one.startsWith(`${name}-1.`))!,
      );
    writeFileSync(path.join(folder, 'ends-go'), '');
    await until('its end', () => readFileSync(path.join(control('ends'), 'exit'), 'utf8') !== '');
    process.kill(-Number(readFileSync(path.join(control('dies'), 'begun'), 'utf8')), 'SIGKILL');
    writeFileSync(path.join(folder, 'go'), '');
    await server.start();
    const after = await p.ended(id);
    assert.equal(after.state, 'succeeded', String(after.reason));
    assert.deepEqual(readFileSync(marks, 'utf8').trim().split('\n').toSorted(), ['dies', 'dies', 'ends']);
    const [ends, dies] = [stepOf(after, 'ends'), stepOf(after, 'dies')];
    assert.deepEqual([ends.attempt, ends.attempts, ends.outputs[0]?.size], [1, [], 5]);
    assert.equal(await p.log(id, 'ends'), 'said\n');
    assert.deepEqual([dies.attempt, dies.attempts.length, dies.attempts[0]?.outcome.reason], [2, 1, 'lost']);
    const lost = await p.client.call(getRun, { params: { run: dies.attempts[0]!.run_id! } });
    assert.equal(lost.status, 'killed');
    assert.equal((await p.client.call(listExecutions, { query: {} })).items.length, 1);
    await until('the end of what escaped', () => running('sleep', escaped) === 0);
    await until('the end of its folders', () => readdirSync(path.join(data, 'work')).length === 0);
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
