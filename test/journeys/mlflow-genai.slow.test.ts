import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { freePort } from '../free-port.ts';
import { openTest, type TestServer } from '../harness.ts';
import { openMlflow, play, python } from './mlflow-servers.ts';

const skip =
  python === undefined ? 'there is no Python with mlflow: node scripts/setup.mjs makes one' : false;
const opened = new AsyncDisposableStack();
let server: TestServer;
let peer: { url: string };
let receivers: [ours: number, theirs: number];
before(async () => {
  if (skip !== false) return;
  receivers = [await freePort(), await freePort()];
  server = opened.use(await openTest({ config: { allowOutbound: [`127.0.0.1:${receivers[0]}`] } }));
  peer = opened.use(await openMlflow());
});
after(() => opened.disposeAsync());

test(
  'mlflow.genai: datasets, a scorer of code, evaluate and questions to people, as on MLflow’s own server',
  { skip },
  async () => {
    const ours = await play('mlflow-genai.py', server.url);
    assert.deepEqual(server.errors, []);
    assert.deepEqual(ours, await play('mlflow-genai.py', peer.url));
    assert.deepEqual(ours['metrics'], { 'right/mean': 2 / 3, 'length/mean': 1 });
  },
);

test('registry webhooks: made, tried, told and signed as by MLflow’s own server', { skip }, async () => {
  const ours = await play('mlflow-webhooks.py', server.url, { RECEIVER_PORT: String(receivers[0]) });
  assert.deepEqual(server.errors, []);
  assert.deepEqual(ours, await play('mlflow-webhooks.py', peer.url, { RECEIVER_PORT: String(receivers[1]) }));
});
