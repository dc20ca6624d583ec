import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { openTest, type TestServer } from '../harness.ts';
import { KNOWN } from './mlflow-diff/known.ts';
import { ask, compare, type Difference, type Told } from './mlflow-diff/play.ts';
import { matrix } from './mlflow-diff/matrix.ts';
import * as models from './mlflow-diff/scripts-models.ts';
import * as tracking from './mlflow-diff/scripts-tracking.ts';
import type { Step } from './mlflow-diff/step.ts';
import { openMlflow, python } from './mlflow-servers.ts';

/**
 * The same requests to MLflow's own server and to ours, compared field by field. What differs is written down in `known.ts` with its
 * reason, or the test fails. `TREADLE_MLFLOW_REQUESTS` more are made out of what each call takes, by wrong values.
 */
const skip =
  python === undefined ? 'there is no Python with mlflow: node scripts/setup.mjs makes one' : false;
const MORE = Number(process.env['TREADLE_MLFLOW_REQUESTS'] ?? 60);

let server: TestServer;
let peer: Awaited<ReturnType<typeof openMlflow>>;
before(async () => {
  if (skip !== false) return;
  [server, peer] = await Promise.all([openTest(), openMlflow()]);
});
after(async () => {
  await peer?.[Symbol.asyncDispose]();
  await (server as TestServer | undefined)?.[Symbol.asyncDispose]();
});

const theirs: Told = new Map();
const ours: Told = new Map();
let asked = 0;
const used = new Map<string, number>();

async function play(steps: readonly Step[]): Promise<void> {
  const found: Difference[] = [];
  for (const step of steps) {
    const [a, b] = await Promise.all([ask(peer.url, step, theirs), ask(server.url, step, ours)]);
    asked++;
    assert.ok(b.status < 500 || b.status === 501, `${b.status}: ${step.method} ${step.path}`);
    for (const one of compare(step, a, b)) {
      const known = KNOWN.find(({ fits }) => fits(one));
      if (known === undefined) found.push(one);
      else used.set(known.why, (used.get(known.why) ?? 0) + 1);
    }
  }
  if (process.env['TREADLE_TEST_OUTPUT'] === '1')
    for (const one of found) console.log(JSON.stringify(one).slice(0, 700));
  assert.deepEqual(found.slice(0, 20), [], `${found.length} differences that nobody wrote down`);
}

/** In the order in which later ones build on earlier ones. */
const { experiments, runs, runSearches, artifacts } = tracking;
const { loggedModels, registry } = models;
const SCRIPTS = { experiments, runs, runSearches, artifacts, loggedModels, registry };
for (const [name, steps] of Object.entries(SCRIPTS))
  test(`${name}: ${steps.length} requests`, { skip }, () => play(steps));

test('wrong values in every field', { skip }, async () => {
  await play(matrix(MORE));
  assert.deepEqual(server.errors, []);
});

test('how many were asked, and what differed', { skip }, (t) => {
  assert.ok(asked >= 500, `only ${asked} requests`);
  t.diagnostic(
    `${asked} requests; ${[...used.values()].reduce((sum, one) => sum + one, 0)} fields differ as written:`,
  );
  for (const { group, why } of KNOWN) t.diagnostic(`${used.get(why) ?? 0} × ${group}: ${why}`);
});
