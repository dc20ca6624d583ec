import assert from 'node:assert/strict';
import test from 'node:test';
import { openTest } from '../harness.ts';
import { openMlflow, play, python } from './mlflow-servers.ts';

const skip =
  python === undefined ? 'there is no Python with mlflow: node scripts/setup.mjs makes one' : false;

test(
  'mlflow.genai: datasets, a scorer of code, evaluate and questions to people, as on MLflow’s own server',
  { skip },
  async () => {
    await using server = await openTest();
    const ours = await play('mlflow-genai.py', server.url);
    assert.deepEqual(server.errors, []);
    await using peer = await openMlflow();
    assert.deepEqual(ours, await play('mlflow-genai.py', peer.url));
    assert.deepEqual(ours['metrics'], { 'right/mean': 2 / 3, 'length/mean': 1 });
  },
);
