import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { searchRuns } from '../../src/tracking/contract.ts';
import { getRun, listArtifacts, runFolder } from '../../src/tracking/index.ts';
import { openTest } from '../harness.ts';
import { python } from './mlflow-servers.ts';
import { Project, stepOf } from './pipelines/project.ts';

const skip =
  python === undefined ? 'there is no Python with mlflow: node scripts/setup.mjs makes one' : false;

const TRAIN = `
import mlflow, sys
mlflow.log_param("via", "client")
with mlflow.start_run() as run:
    mlflow.log_metric("loss", 0.25, step=3)
    mlflow.log_text("hello", "note.txt")
    with mlflow.start_run(nested=True, run_name="fold"):
        mlflow.log_metric("loss", 0.5)
print(run.info.run_id)
if sys.argv[2] == "fail":
    sys.exit(4)
open(sys.argv[1], "w").write("done")
`;

test(
  'plain MLflow calls inside a step land in the run of that step',
  { skip, timeout: 600_000 },
  async () => {
    // Steps with env: system take the first Python of the server's PATH.
    process.env['PATH'] = `${path.dirname(python!)}${path.delimiter}${process.env['PATH']}`;
    await using server = await openTest();
    using p = new Project(server.url)
      .write(
        'treadle.yaml',
        'name: tracked\nparams: { end: well }\nsteps:\n  train: { run: "python train.py {o} {end}", code: [train.py], out: { o: o.txt } }\n',
      )
      .write('train.py', TRAIN.replace('mlflow.log_param("via", "client")\n', ''));
    const execution = await p.run();
    const log = await p.log(execution.id, 'train');
    assert.equal(execution.state, 'succeeded', log);
    const step = stepOf(execution, 'train');
    assert.ok(log.includes(step.run_id!), log);
    const run = await getRun(server.ctx, step.run_id!);
    assert.equal(run.status, 'finished');
    assert.deepEqual(run.params, { end: 'well' });
    assert.deepEqual(
      run.metrics.filter(({ key }) => key === 'loss').map(({ last, step: at }) => [last, at]),
      [[0.25, 3]],
    );
    assert.deepEqual(
      (await listArtifacts(server.ctx, await runFolder(server.ctx, run.id, ''))).map(({ path: name }) =>
        name.split('/').at(-1),
      ),
      ['note.txt'],
    );
    assert.ok(run.metrics.some(({ key }) => key === 'system/cpu_utilization_percentage'));
    assert.ok((run.resources.cpu_seconds ?? 0) > 0 && (run.resources.peak_memory_bytes ?? 0) > 10_000_000);
    const { items } = await p.client.call(searchRuns, { body: { experiments: [execution.experiment_id!] } });
    assert.deepEqual(
      items.map(({ name }) => name).toSorted(),
      ['fold', 'tracked #1', 'train #1'],
      'the nested run, the step and the execution; no other',
    );

    const failed = await p.run({ params: { end: 'fail' } });
    assert.equal(stepOf(failed, 'train').outcome?.code, 4);
    assert.equal(
      (await getRun(server.ctx, stepOf(failed, 'train').run_id!)).status,
      'failed',
      'the client ended the run well, and the step did not',
    );
    assert.deepEqual(server.errors, []);
  },
);
