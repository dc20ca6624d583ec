import assert from 'node:assert/strict';
import test from 'node:test';
import { openTest } from '../harness.ts';
import { openMlflow, play, python } from './mlflow-servers.ts';

const skip =
  python === undefined ? 'there is no Python with mlflow: node scripts/setup.mjs makes one' : false;

test(
  'the plain mlflow client works against Treadle, and sees what it sees of MLflow’s own server',
  { skip },
  async (t) => {
    await using treadle = await openTest();
    let ours: Record<string, unknown> = {};
    await t.test('a day of work passes', async () => {
      ours = await play('mlflow-client.py', treadle.url);
      assert.deepEqual(treadle.errors, []);
    });
    await t.test('MLflow’s own server answers the same', async () => {
      await using mlflow = await openMlflow();
      const theirs = await play('mlflow-client.py', mlflow.url);
      assert.ok(Object.keys(theirs).length > 60, 'the script reported what it saw');
      for (const [name, answer] of Object.entries(theirs)) assert.deepEqual(ours[name], answer, name);
      assert.deepEqual(Object.keys(ours), Object.keys(theirs));
    });
  },
);
