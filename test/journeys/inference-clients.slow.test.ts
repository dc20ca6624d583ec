import assert from 'node:assert/strict';
import test from 'node:test';
import { clients, openServing, script, skipClients, type Serving } from './inference/server.ts';

/** Other people's clients, unchanged, against a real server: every script asserts what it does, and reports. */
test('clients of the Open Inference Protocol work unchanged', { skip: skipClients }, async (t) => {
  await using serving: Serving = await openServing([
    'simple',
    'simple_string',
    'simple_identity',
    'identity',
    'iris',
    'iris-columns',
  ]);
  const { url, address, server } = serving;

  await t.test('tritonclient over HTTP: JSON and binary, sync, async, aio', async () => {
    const seen = await script(clients!, 'triton_http.py', [address]);
    assert.equal(seen['aio'], 30);
    assert.match(String(seen['shape']), /INPUT0/);
  });
  await t.test('tritonclient over gRPC: unary, async, streams, aio', async () => {
    const seen = await script(clients!, 'triton_grpc.py', [address]);
    assert.equal(seen['aio'], 30);
  });
  await t.test('KServe’s clients: V1, V2, binary, gRPC', async () => {
    const seen = await script(clients!, 'kserve_client.py', [url, address]);
    assert.deepEqual(seen['v1'], ['label', 'probabilities']);
  });
  await t.test('MLServer’s types, codecs and batch client', async () => {
    const seen = await script(clients!, 'mlserver_client.py', [url, address]);
    assert.equal(seen['batch'], 40);
  });
  assert.deepEqual(server.errors, []);
});
