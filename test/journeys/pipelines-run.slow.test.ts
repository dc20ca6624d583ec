import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  cancelExecution,
  deleteExecution,
  downloadOutput,
  explainStep,
  listExecutions,
  rerunExecution,
} from '../../src/pipelines/contract.ts';
import { Requests } from '../../src/access/index.ts';
import { listQuotas, setQuotas } from '../../src/access/quotas/quotas.ts';
import { commitVersion } from '../../src/data/index.ts';
import { searchVersions } from '../../src/models/index.ts';
import { TreadleError } from '../../src/platform/errors/index.ts';
import { deleteExperiment, getRun, restoreExperiment } from '../../src/tracking/index.ts';
import { openTest, type TestServer } from '../harness.ts';
import { until } from '../until.ts';
import { Project, running, states, stepOf, whyOf } from './pipelines/project.ts';

let server: TestServer;
before(async () => {
  server = await openTest();
});
after(async () => {
  await server[Symbol.asyncDispose]();
});

const commit = async (name: string, text: string): Promise<void> => {
  const blob = await server.ctx.blobs.put(Buffer.from(text));
  await commitVersion(server.ctx, {
    dataset: name,
    files: [{ path: 'rows.csv', hash: blob.hash, size: blob.size }],
  });
};

const FILE = `name: NAME
params: { n: 3, unused_by_prep: 1 }
steps:
  prep:
    run: cat prep.txt > {clean}
    code: [prep.txt]
    out: { clean: clean.txt }
  train:
    run: sh train.sh {clean} {model} {metrics} {n}
    code: [train.sh]
    params: [unused_by_prep]
    out: { model: model/, metrics: metrics.json }
`;
const TRAIN = `set -e
wc -l < "$1" > "$2/weights.txt"
echo "{\\"auc\\": 0.$4, \\"deep\\": {\\"loss\\": 2}}" > "$3"
echo "params: $(cat "$TREADLE_PARAMS") $TREADLE_PARAM_N"
`;
const project = (name: string): Project =>
  new Project(server.url)
    .write('treadle.yaml', FILE.replace('NAME', name))
    .write('prep.txt', `${name}\nb\n`)
    .write('train.sh', TRAIN)
    .write('notes.md', 'x');

test('a pipeline runs, is tracked, and does nothing the second time', async () => {
  using p = project('first');
  const first = await p.run();
  assert.equal(first.state, 'succeeded', JSON.stringify(first));
  assert.deepEqual(states(first), { prep: 'succeeded', train: 'succeeded' });
  assert.equal(whyOf(first, 'prep'), 'it has not run before');
  assert.match(await p.log(first.id, 'train'), /params: \{"n":3,"unused_by_prep":1\} 3/);

  const train = stepOf(first, 'train');
  const run = await getRun(server.ctx, train.run_id!);
  assert.equal(run.status, 'finished');
  assert.equal(run.parent, first.run_id);
  assert.deepEqual(run.params, { n: '3', unused_by_prep: '1' });
  assert.equal(run.metrics.find(({ key }) => key === 'auc')?.last, 0.3);
  assert.equal(run.metrics.find(({ key }) => key === 'deep.loss')?.last, 2);
  assert.equal(run.tags['treadle.execution'], first.id);
  assert.equal(run.code?.['command'], 'sh train.sh {clean} {model} {metrics} {n}');
  assert.ok(run.environment?.['machine']);
  assert.ok((run.resources.wall_seconds ?? 0) >= 0);
  assert.ok(train.start_delay_ms !== undefined && train.ready_at !== undefined);
  assert.deepEqual(
    train.outputs.map(({ name, kind, files }) => [name, kind, files]),
    [
      ['model', 'folder', 1],
      ['metrics', 'file', 1],
    ],
  );
  const stream = await p.client.call(downloadOutput, {
    params: { execution: first.id, step: 'train', output: 'model' },
    query: { path: 'weights.txt' },
  });
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  assert.equal(text.trim(), '2');

  const second = await p.run();
  assert.deepEqual(states(second), { prep: 'cached', train: 'cached' });
  assert.match(whyOf(second, 'train'), /cached: same as execution 1/);
  assert.equal(stepOf(second, 'train').run_id, train.run_id);
  assert.equal(second.run_id, undefined, 'an execution that runs nothing makes no run');
  assert.match(await p.log(second.id, 'train'), /params:/, 'the log of the cached result is at hand');
  await until('the end of step folders', () => readdirSync(path.join(server.data, 'work')).length === 0);
});

const ERASE = `import json, os, urllib.request
url = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/delete"
token = {"authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"], "content-type": "application/json"}
body = json.dumps({"run_id": os.environ["MLFLOW_RUN_ID"]}).encode()
urllib.request.urlopen(urllib.request.Request(url, body, token)).read()
open("metrics.json", "w").write('{"auc": 0.5}')
`;

test('a step that deletes its own run does not break the execution, and it is said', async () => {
  using p = new Project(server.url)
    .write(
      'treadle.yaml',
      'name: eraser\nsteps:\n  erase: { run: python3 erase.py, code: [erase.py], out: { metrics: metrics.json } }\n  next: { run: "cat {metrics} > {o}", code: [], out: { o: o.txt } }\n',
    )
    .write('erase.py', ERASE);
  const first = await p.run();
  assert.deepEqual([first.state, states(first)], ['succeeded', { erase: 'succeeded', next: 'succeeded' }]);
  const { run_id: erased, outcome } = stepOf(first, 'erase');
  assert.match(outcome!.warnings!.join(), /its run was deleted while it ran, .* treadle runs restore/);
  const run = await getRun(server.ctx, erased!);
  assert.deepEqual([run.state, run.status, run.metrics], ['deleted', 'finished', []]);

  await deleteExperiment(server.ctx, first.experiment_id!);
  const second = await p.run({ force: true });
  assert.equal(second.state, 'failed');
  assert.match(
    second.reason!,
    /^it could not go on: the experiment 'eraser', .* is deleted; bring it back with: treadle experiments restore eraser$/,
  );
  await restoreExperiment(server.ctx, first.experiment_id!);
  assert.equal((await p.run({ force: true })).state, 'succeeded');
});

test('what changes runs, what does not is skipped, and each says why', async () => {
  using p = project('second');
  await p.run();
  p.write('notes.md', 'another').write('extra.txt', 'new');
  assert.deepEqual(states(await p.run()), { prep: 'cached', train: 'cached' });
  p.write('train.sh', `${TRAIN}# a comment\n`);
  const code = await p.run();
  assert.deepEqual(states(code), { prep: 'cached', train: 'succeeded' });
  assert.equal(whyOf(code, 'train'), 'code train.sh changed');
  const param = await p.run({ params: { n: '4' } });
  assert.deepEqual(states(param), { prep: 'cached', train: 'succeeded' });
  assert.equal(whyOf(param, 'train'), 'parameter n changed: 3 → 4');
  assert.deepEqual(
    param.params.find(({ name }) => name === 'n'),
    { name: 'n', value: 4, from: 'request' },
  );
  // The data of prep changes, but not what prep makes of it: train is not run again.
  p.write('treadle.yaml', FILE.replace('NAME', 'second').replace('cat prep.txt', 'head -n 2 prep.txt')).write(
    'prep.txt',
    'second\nb\nc\n',
  );
  const same = await p.run({ params: { n: 4 } });
  assert.deepEqual(states(same), { prep: 'succeeded', train: 'cached' });
  assert.match(whyOf(same, 'prep'), /the command changed; code prep.txt changed/);
  const forced = await p.run({ force: true, steps: ['prep'] });
  assert.deepEqual(states(forced), { prep: 'succeeded' });
  assert.match(whyOf(forced, 'prep'), /asked to run/);
  const why = await p.client.call(explainStep, { params: { execution: param.id, step: 'train' } });
  assert.equal(why.compared_with?.number, 3);
  // An older state of the project finds its own old results.
  p.write('train.sh', TRAIN)
    .write('prep.txt', 'second\nb\n')
    .write('treadle.yaml', FILE.replace('NAME', 'second'));
  assert.deepEqual(states(await p.run()), { prep: 'cached', train: 'cached' });
});

test('where the checkout lies means nothing; a cache that is off, too old or salted means all', async () => {
  using p = project('moved');
  using q = project('moved');
  const first = await p.run();
  const moved = await q.run();
  assert.deepEqual(states(moved), { prep: 'cached', train: 'cached' });
  assert.equal(stepOf(moved, 'train').key, stepOf(first, 'train').key);
  const file = (cache: string): string =>
    `name: kept\nsteps:\n  a: { run: "echo kept > {o}", out: { o: o.txt }, code: [], cache: ${cache}, resources: { cpu: 1 } }\n`;
  const ran = async (cache: string): Promise<string> =>
    (await q.write('treadle.yaml', file(cache)).run()).steps[0]!.state;
  assert.deepEqual(
    [
      await ran('on'),
      await ran('1d'),
      await ran('off'),
      await ran('1ms'),
      await ran('{ salt: x }'),
      await ran('{ salt: x, for: 1h }'),
    ],
    ['succeeded', 'cached', 'succeeded', 'succeeded', 'succeeded', 'cached'],
  );
});

test('the model that the file names is registered once for each result', async () => {
  const file = (word: string): string =>
    `name: modelled\nmodel: { name: made, from: fit.model }\nsteps:\n  fit: { run: "echo ${word} > {model}/weights", out: { model: model/ }, code: [] }\n`;
  using p = new Project(server.url).write('treadle.yaml', file('one'));
  const first = await p.run();
  assert.deepEqual(first.model_version, { name: 'made', version: '1' });
  assert.deepEqual(
    (await p.run()).model_version,
    { name: 'made', version: '1' },
    'a cached result is the version that it was',
  );
  assert.deepEqual((await p.write('treadle.yaml', file('two')).run()).model_version, {
    name: 'made',
    version: '2',
  });
  assert.deepEqual((await p.write('treadle.yaml', file('one')).run()).model_version, {
    name: 'made',
    version: '1',
  });
  const { items } = await searchVersions(server.ctx, { limit: 10 });
  assert.deepEqual(
    items.map(({ model, version, run_id }) => [
      model,
      Number(version),
      run_id === stepOf(first, 'fit').run_id,
    ]),
    [
      ['made', 2, false],
      ['made', 1, true],
    ],
  );
});

test('a plan says what would run, and runs nothing', async () => {
  using p = project('planned');
  assert.deepEqual(
    (await p.plan()).steps.map(({ name, action }) => [name, action]),
    [
      ['prep', 'run'],
      ['train', 'depends'],
    ],
  );
  await p.run();
  p.write('train.sh', `${TRAIN}# c`);
  const plan = await p.plan();
  assert.deepEqual(
    plan.steps.map(({ name, action, reasons }) => [name, action, reasons[0]?.text]),
    [
      [
        'prep',
        'cached',
        'cached: same as execution 1; command, code, inputs, parameters and environment are unchanged',
      ],
      ['train', 'run', 'code train.sh changed'],
    ],
  );
  const { items } = await p.client.call(listExecutions, { query: { pipeline: 'planned' } });
  assert.equal(items.length, 1);
});

test('data is resolved to an immutable version, and a new version runs the steps that read it', async () => {
  await commit('rows', '1\n2\n');
  using p = new Project(server.url).write(
    'treadle.yaml',
    'name: data\ndata: { rows: rows@main }\nsteps:\n  count: { run: "wc -l < {rows/rows.csv} > {n}", out: { n: n.txt }, code: [] }\n',
  );
  const first = await p.run();
  assert.equal(first.data[0]?.version, 'v1');
  const run = await getRun(server.ctx, stepOf(first, 'count').run_id!);
  assert.equal(run.inputs[0]?.version_ref, 'rows@v1');
  await commit('rows', '1\n2\n3\n');
  const second = await p.run();
  assert.equal(second.data[0]?.version, 'v2');
  assert.match(whyOf(second, 'count'), /input rows changed/);
  assert.deepEqual(states(await p.run({ data: { rows: 'rows@v1' } })), { count: 'cached' });
});

test('a step sees what it declares and nothing else', async () => {
  process.env['TREADLE_TEST_SECRET'] = 'leaked';
  using p = new Project(server.url)
    .write(
      'treadle.yaml',
      `name: hermetic\nsteps:\n  a: { run: "find . -type f | grep -v -e _tmp -e seen | sort > {seen}; env > {env}; echo x 2> /dev/null >> mine.txt || true; id -u > {user}", code: [mine.txt], out: { seen: seen.txt, env: env.txt, user: user.txt } }\n  b: { run: cat other.txt, code: [mine.txt] }\n`,
    )
    .write('mine.txt', 'm')
    .write('other.txt', 'o');
  const execution = await p.run();
  assert.equal(stepOf(execution, 'b').state, 'failed');
  assert.match(await p.log(execution.id, 'b'), /other.txt: No such file/);
  const read = async (output: string): Promise<string> => {
    let text = '';
    for await (const chunk of await p.client.call(downloadOutput, {
      params: { execution: execution.id, step: 'a', output },
      query: {},
    }))
      text += String(chunk);
    return text;
  };
  assert.equal(await read('seen'), './mine.txt\n');
  const env = await read('env');
  assert.ok(!env.includes('leaked'));
  assert.match(env, /^MLFLOW_RUN_ID=[0-9a-f]{32}$/m);
  assert.match(env, /^HOME=.*_tmp\/home$/m);
});

test('a failed step skips what needs it, and others go on; its end has a reason', async () => {
  using p = new Project(server.url).write(
    'treadle.yaml',
    `name: failing
steps:
  bad: { run: "echo oh no; exit 3", out: { x: x.txt }, code: [] }
  needs: { run: "cat {x}", code: [] }
  fine: { run: "true", code: [] }
  forgets: { run: "true", out: { y: y.txt }, code: [] }
  slow: { run: "sleep 30 & sleep 30", timeout: 200ms, code: [] }
`,
  );
  const execution = await p.run();
  assert.equal(execution.state, 'failed');
  assert.deepEqual(states(execution), {
    bad: 'failed',
    needs: 'skipped',
    fine: 'succeeded',
    forgets: 'failed',
    slow: 'failed',
  });
  assert.deepEqual(stepOf(execution, 'bad').outcome, {
    reason: 'exit',
    message: 'it ended with code 3',
    code: 3,
  });
  assert.equal(stepOf(execution, 'forgets').outcome?.reason, 'output');
  assert.match(stepOf(execution, 'forgets').outcome!.message, /did not write 'y.txt'/);
  assert.equal(stepOf(execution, 'slow').outcome?.reason, 'timeout');
  assert.match(execution.reason!, /bad: it ended with code 3/);
  assert.equal((await getRun(server.ctx, stepOf(execution, 'bad').run_id!)).status, 'failed');
  const again = await p.run();
  assert.equal(stepOf(again, 'bad').state, 'failed', 'a failure is never cached');
  assert.match(whyOf(again, 'bad'), /in execution 1 it did not succeed/);
});

test('metrics files keep what they say, and what they cannot keep is said; outputs lead past no link', async () => {
  using p = new Project(server.url).write(
    'treadle.yaml',
    `name: says
steps:
  many: { run: "seq 1 1500 | sed 's/.*/{\\"step\\": &.0, \\"loss\\": &}/' > {metrics}", out: { metrics: metrics.jsonl }, code: [] }
  odd: { run: "echo hi; printf '{\\"a\\": NaN}\\n{\\"step\\": 30.5, \\"a\\": 1}\\n{\\"a\\": ' > {odd_metrics}", out: { odd_metrics: odd.jsonl }, code: [] }
  link: { run: "rm -r o; ln -s ${server.data} o", out: { key: o/ledger.key }, code: [] }
  log: { run: "echo seen; ln -sf ${server.data}/ledger.key ../log.log", code: [] }
`,
  );
  const execution = await p.run();
  const metricsOf = async (step: string) =>
    (await getRun(server.ctx, stepOf(execution, step).run_id!)).metrics.filter(
      ({ key }) => !key.includes('/'),
    );
  const [loss, ...others] = await metricsOf('many');
  assert.deepEqual([loss?.key, loss?.last, loss?.step, others], ['loss', 1500, 1500, []]);
  assert.deepEqual(
    (await metricsOf('odd')).map(({ key }) => key),
    ['a'],
  );
  const { outcome } = stepOf(execution, 'odd');
  assert.equal(outcome?.reason, 'ok');
  assert.equal(outcome.warnings?.length, 2);
  assert.match(outcome.warnings[0]!, /^odd\.jsonl, line 2: its step is 30\.5/);
  assert.match(outcome.warnings[1]!, /^odd\.jsonl, line 3: is not JSON/);
  const log = await p.log(execution.id, 'odd');
  for (const line of ['hi', ...outcome.warnings]) assert.ok(log.includes(line), line);
  assert.match(
    stepOf(execution, 'link').outcome!.message,
    /the folder 'o' of the output 'o\/ledger\.key' is a link/,
  );
  assert.deepEqual(stepOf(execution, 'link').outputs, []);
  // Behind walls it does not even come to stand there.
  assert.match(
    await p.log(execution.id, 'log'),
    /^$|^seen\nln: .*ledger|^seen\nln: .*log\.log/,
    'what stands in the place of the log is not shown',
  );
});

test('a retry runs the step again, for the reasons it names', async () => {
  const marker = path.join(server.shared, 'tries');
  using p = new Project(server.url).write(
    'treadle.yaml',
    `name: retrying
steps:
  flaky: { run: "echo x >> ${marker}; test $(wc -l < ${marker}) -ge 3", retry: { times: 3, backoff: 10ms }, code: [] }
  picky: { run: "exit 1", retry: { times: 3, when: [oom, timeout], backoff: 10ms }, code: [] }
`,
  );
  const execution = await p.run();
  const flaky = stepOf(execution, 'flaky');
  assert.deepEqual(
    [flaky.state, flaky.attempt, flaky.attempts.map(({ outcome }) => outcome.reason)],
    ['succeeded', 3, ['exit', 'exit']],
  );
  assert.equal(
    new Set([...flaky.attempts.map(({ run_id }) => run_id), flaky.run_id]).size,
    3,
    'each try is a run of its own',
  );
  assert.equal(stepOf(execution, 'picky').attempt, 1);
});

test('a cancel ends grandchildren too, and what waits never starts', async () => {
  const long = `6061.${process.pid}`; // found again by its name, beside other checkouts that are tested
  using p = new Project(server.url).write(
    'treadle.yaml',
    `name: cancelled\nsteps:\n  long: { run: "sh -c 'setsid sleep ${long}' & wait; sleep ${long}", out: { o: o }, code: [] }\n  next: { run: "cat {o}", code: [] }\n`,
  );
  const { id } = await p.start();
  const alive = (): number => running('sleep', long);
  await until('the step', () => alive() >= 1);
  await p.client.call(cancelExecution, { params: { execution: id } });
  const execution = await p.ended(id);
  assert.equal(execution.state, 'cancelled');
  assert.equal(execution.reason, 'cancelled by local owner');
  assert.deepEqual(states(execution), { long: 'cancelled', next: 'cancelled' });
  await until('the end of the grandchild', () => alive() === 0);
  await assert.rejects(
    p.client.call(cancelExecution, { params: { execution: id } }),
    /has cancelled already|cancelled/,
  );
});

test('steps that need nothing of each other run at the same time', async () => {
  // Each ends only once the other has begun.
  const step = (own: string, other: string): string =>
    `{ run: "touch ${server.shared}/${own}; until [ -e ${server.shared}/${other} ]; do sleep 0.05; done", code: [], resources: { cpu: 0.5 }, timeout: 4m }`;
  using p = new Project(server.url).write(
    'treadle.yaml',
    `name: parallel\nsteps:\n  a: ${step('left', 'right')}\n  b: ${step('right', 'left')}\n`,
  );
  const execution = await p.run();
  assert.equal(execution.state, 'succeeded', execution.reason ?? '');
  const [a, b] = [stepOf(execution, 'a'), stepOf(execution, 'b')];
  assert.ok(a.started_at! < b.ended_at! && b.started_at! < a.ended_at!, 'they ran one after the other');
});

test('one after another when cores are few, and more than the machine has is refused', async () => {
  using p = new Project(server.url).write(
    'treadle.yaml',
    'name: narrow\nsteps:\n  a: { run: sleep 0.2, code: [], resources: { cpu: 4096 } }\n  b: { run: sleep 0.2, code: [], resources: { cpu: 4096 } }\n  c: { run: "true c", code: [], resources: { memory: 900TiB } }\n',
  );
  const execution = await p.run();
  const [a, b] = [stepOf(execution, 'a'), stepOf(execution, 'b')];
  assert.ok(a.started_at! >= b.ended_at! || b.started_at! >= a.ended_at!, 'they ran at the same time');
  assert.match(stepOf(execution, 'c').outcome?.message ?? JSON.stringify(execution), /asks for/);
});

test('a request that is wrong is refused with its place, and leaves nothing', async () => {
  const before = (await new Project(server.url).client.call(listExecutions, { query: { limit: 1000 } })).items
    .length;
  const refused = async (file: string, pattern: RegExp): Promise<void> => {
    using p = new Project(server.url).write('treadle.yaml', file);
    await assert.rejects(
      p.start(),
      (error: unknown) =>
        error instanceof TreadleError && pattern.test(error.message) && error.hint !== undefined,
    );
  };
  await refused(
    'name: x\ndata: { d: nowhere@main }\nsteps: { a: { run: "cat {d}" } }\n',
    /^treadle.yaml:2:12: .*nowhere/,
  );
  await refused(
    'name: x\nsteps:\n  a: { run: b, code: [gone.py] }\n',
    /^treadle.yaml:3:23: the project has no 'gone.py'/,
  );
  await refused(
    'name: x\nenv: lost.txt\nsteps: { a: { run: b } }\n',
    /^treadle.yaml:2:6: the project has no file 'lost.txt'/,
  );
  await refused('name: x\nsteps: { a: { run: "{b}" } }\n', /^treadle.yaml:2:21:/);
  using p = project('refusals');
  const body = await p.request();
  await assert.rejects(p.start({ params: { nn: 1 } }), /'nn' is not a parameter/);
  await assert.rejects(p.start({ params: { n: 'many' } }), /is "many", and in the file it is a number/);
  await assert.rejects(p.start({ steps: ['tran'] }), /there is no step 'tran'/);
  await assert.rejects(
    p.start({ code: [...body.code, { path: 'stolen.txt', hash: 'ab'.repeat(32), size: 1 }] }),
    /'stolen.txt' was not uploaded/,
  );
  for (const name of ['../x', '/etc/passwd', 'a/../../b', 'a//b', './a', 'a\nb', 'a\\b']) {
    await assert.rejects(p.start({ code: [{ ...body.code[0]!, path: name }] }), /code\[0\].path/);
  }
  assert.equal((await p.client.call(listExecutions, { query: { limit: 1000 } })).items.length, before);
});

test('a parameter is a value, never a command', async () => {
  using p = new Project(server.url).write(
    'treadle.yaml',
    `name: quoting\nparams: { word: x }\nsteps:\n  a: { run: "printf %s {word} > {o}", out: { o: o.txt }, code: [] }\n`,
  );
  for (const word of [
    '$(touch /tmp/owned)',
    '; exit 1',
    "it's",
    'a  b',
    '`id`',
    '"',
    '\n',
    '*',
    '-n',
    '\\',
  ]) {
    const execution = await p.run({ params: { word } });
    assert.equal(execution.state, 'succeeded', word);
    let text = '';
    for await (const chunk of await p.client.call(downloadOutput, {
      params: { execution: execution.id, step: 'a', output: 'o' },
      query: {},
    }))
      text += String(chunk);
    assert.equal(text, word);
  }
});

test('an execution can be run again as it was', async () => {
  using p = project('again');
  const first = await p.run({ params: { n: 5 } });
  const { id } = await p.client.call(rerunExecution, {
    params: { execution: first.id },
    body: { force: true },
  });
  const again = await p.ended(id);
  assert.equal(again.trigger, 'rerun');
  assert.deepEqual(states(again), { prep: 'succeeded', train: 'succeeded' });
  assert.equal(stepOf(again, 'train').key, stepOf(first, 'train').key);
  assert.deepEqual(stepOf(again, 'train').outputs, stepOf(first, 'train').outputs);
});

test('nothing of this was an error of the server', () => {
  assert.deepEqual(server.errors, []);
});

test('where a quota is used up a step does not begin, and says so; what steps leave counts until it is deleted', async () => {
  const requests = new Requests();
  const used = async (quota: string): Promise<number> =>
    (await listQuotas(server.ctx, requests)).find((one) => one.quota === quota)?.used ?? 0;
  using p = project('quota');
  const bytes = await used('bytes');
  const good = await p.run();
  assert.equal(good.state, 'succeeded', JSON.stringify(good));
  assert.ok((await used('bytes')) > bytes);
  const left = good.steps.flatMap(({ outputs, log_bytes }) => [
    log_bytes,
    ...outputs.map(({ size }) => size),
  ]);
  const before = await used('bytes');
  await p.client.call(deleteExecution, { params: { execution: good.id }, query: { reason: 'old' } });
  assert.equal(
    before - (await used('bytes')),
    left.reduce((sum, one) => sum + one, 0),
  );

  // Room for the run of the execution, and for none of its steps.
  await setQuotas(server.ctx, { runs: (await used('runs')) + 1 }, requests);
  const stopped = await p.write('prep.txt', 'other').run();
  assert.equal(stopped.state, 'failed');
  const { outcome } = stepOf(stopped, 'prep');
  assert.deepEqual(outcome?.reason, 'not-started');
  assert.match(outcome?.message ?? '', /the quota of runs is used up: workspace 'default' may keep/);
  await setQuotas(server.ctx, { runs: null, bytes: 0 }, requests);
  await assert.rejects(p.write('prep.txt', 'more').run(), {
    kind: 'forbidden',
    code: 'quota',
    field: 'bytes',
  });
  await setQuotas(server.ctx, { bytes: null }, requests);
  assert.equal((await p.run()).state, 'succeeded');
});
