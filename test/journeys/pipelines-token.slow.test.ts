import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createToken, createWorkspace } from '../../src/access/index.ts';
import { createLoggedModel } from '../../src/models/index.ts';
import { createRun, getRun } from '../../src/tracking/index.ts';
import { openTest } from '../harness.ts';
import { Project, states, stepOf } from './pipelines/project.ts';

const server = await openTest();
after(() => server[Symbol.asyncDispose]());

/** Asks with the step's own token, and prints the status of each answer. */
const ASK = `import json, os, sys, urllib.request
base, token, run = os.environ["MLFLOW_TRACKING_URI"], os.environ["MLFLOW_TRACKING_TOKEN"], os.environ["MLFLOW_RUN_ID"]
def ask(method, path, body=None, headers={}):
    data = None if body is None else json.dumps(body).encode() if not isinstance(body, bytes) else body
    request = urllib.request.Request(base + path, data, {"content-type": "application/json", "authorization": "Bearer " + token, **headers}, method=method)
    try:
        with urllib.request.urlopen(request) as answer: return answer.status, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error: return error.code, {}
ml = lambda path, body: ask("POST", "/api/2.0/mlflow" + path, body)
exp = os.environ["MLFLOW_EXPERIMENT_ID"]
made = ml("/runs/create", {"experiment_id": exp})[1]["run"]["info"]["run_id"]
other, otherexp, model = sys.argv[1:4]
said = {
  "own metric": ml("/runs/log-metric", {"run_id": run, "key": "a", "value": 1, "timestamp": 1})[0],
  "made metric": ml("/runs/log-metric", {"run_id": made, "key": "a", "value": 1, "timestamp": 1})[0],
  "own artifact": ask("PUT", f"/api/2.0/mlflow-artifacts/artifacts/{exp}/{run}/artifacts/a.txt", b"x")[0],
  "own model": ml("/logged-models", {"experiment_id": exp, "source_run_id": run})[0],
  "read a run": ask("GET", f"/api/2.0/mlflow/runs/get?run_id={other}")[0],
  "other metric": ml("/runs/log-metric", {"run_id": other, "key": "a", "value": 1, "timestamp": 1})[0],
  "other tag": ml("/runs/set-tag", {"run_id": other, "key": "a", "value": "b"})[0],
  "other update": ml("/runs/update", {"run_id": other, "status": "FAILED"})[0],
  "other deleted": ml("/runs/delete", {"run_id": other})[0],
  "other artifact": ask("PUT", f"/api/2.0/mlflow-artifacts/artifacts/{otherexp}/{other}/artifacts/a.txt", b"x")[0],
  "other artifact deleted": ask("DELETE", f"/api/2.0/mlflow-artifacts/artifacts/{otherexp}/{other}")[0],
  "anywhere": ask("PUT", "/api/2.0/mlflow-artifacts/artifacts/x/y.txt", b"x")[0],
  "other model": ask("PATCH", f"/api/2.0/mlflow/logged-models/{model}/tags", {"tags": [{"key": "a", "value": "b"}]})[0],
  "a token": ask("POST", "/api/v1/tokens", {"name": "x", "role": "viewer"})[0],
  "a workspace": ask("POST", "/api/v1/workspaces", {"name": "x"})[0],
  "another workspace": ask("GET", "/api/v1/me", headers={"x-treadle-workspace": "elsewhere"})[0],
  "an experiment": ml("/experiments/create", {"name": "x"})[0],
  "a registered model": ml("/registered-models/create", {"name": "x"})[0],
  "an execution": ask("POST", "/api/v1/executions", {})[0],
}
json.dump(said, open("said.json", "w"))
print("token:", token)
sys.stdout.flush()
for i in range(0, len(token), 7): os.write(1, token[i:i + 7].encode())
print(json.dumps(said))
if len(sys.argv) > 4: open(sys.argv[4], "w").write(token)
`;
const REFUSED = 403;

test('the token of a step writes to the runs of its execution, to nothing else, and ends with it; its log hides it', async () => {
  const { ctx } = server;
  await createWorkspace(ctx, 'elsewhere');
  const other = await createRun(ctx, { experiment: '0' });
  const model = await createLoggedModel(ctx, { experiment: '0' });
  using p = new Project(server.url)
    .write('ask.py', ASK)
    .write(
      'treadle.yaml',
      `name: bound\nsteps:\n  ask: { run: "python3 ask.py ${other} 0 ${model.id} {token}", code: [ask.py], out: { token: token.txt } }\n`,
    );
  const execution = await p.run();
  assert.deepEqual(states(execution), { ask: 'succeeded' }, await p.log(execution.id, 'ask'));
  const log = await p.log(execution.id, 'ask');
  const said = JSON.parse(log.slice(log.indexOf('{'))) as Record<string, number>;
  const mine = ['own metric', 'made metric', 'own artifact', 'own model', 'read a run'];
  for (const [what, status] of Object.entries(said))
    assert.equal(status, mine.includes(what) ? 200 : REFUSED, what);
  assert.deepEqual((await getRun(ctx, other)).metrics, []);

  // Both times: printed in one piece, and in pieces of seven characters.
  assert.equal(log.split('[secret]').length, 3, log.slice(0, 300));
  assert.ok(!log.includes('trd_'));
  const [output] = stepOf(execution, 'ask').outputs;
  const secret = (await ctx.blobs.read(output!.digest, 1000)).toString();
  const late = await fetch(`${server.url}/api/v1/me`, { headers: { authorization: `Bearer ${secret}` } });
  assert.equal(late.status, 401, 'the execution is over');
});

test('what a crash left of an execution’s tokens ends when the execution goes on', async () => {
  const { ctx } = server;
  using p = new Project(server.url).write(
    'treadle.yaml',
    'name: again\nsteps:\n  a: { run: "true", code: [] }\n',
  );
  // As a server that died would leave it: the token is there, and no driver knows of it.
  const made = await p.start();
  const { secret } = await createToken(ctx, { name: 'left', role: 'editor', execution: made.id });
  await p.ended(made.id);
  const late = await fetch(`${server.url}/api/v1/me`, { headers: { authorization: `Bearer ${secret}` } });
  assert.equal(late.status, 401);
  const { secret: usual } = await createToken(ctx, { name: 'usual', role: 'editor' });
  const fine = await fetch(`${server.url}/api/v1/me`, { headers: { authorization: `Bearer ${usual}` } });
  assert.equal(fine.status, 200);
});

test('nothing of this was an error of the server', () => assert.deepEqual(server.errors, []));
