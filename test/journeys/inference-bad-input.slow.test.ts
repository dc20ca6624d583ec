import assert from 'node:assert/strict';
import test from 'node:test';
import { binaryKinds } from './inference/bad/binary.ts';
import { grpcKinds } from './inference/bad/grpc.ts';
import { httpKinds } from './inference/bad/http.ts';
import { bytesOf, exchange, type Kind } from './inference/bad/kind.ts';
import { mlflowKinds } from './inference/bad/mlflow.ts';
import { oipKinds } from './inference/bad/oip.ts';
import { sagemakerKinds } from './inference/bad/sagemaker.ts';
import { tfKinds } from './inference/bad/tfserving.ts';
import { openServing, skipModels } from './inference/server.ts';

const GROUPS: Readonly<Record<string, readonly Kind[]>> = {
  'Open Inference Protocol, JSON': oipKinds,
  'Open Inference Protocol, binary': binaryKinds,
  'HTTP itself': httpKinds,
  MLflow: mlflowKinds,
  'TF-Serving': tfKinds,
  SageMaker: sagemakerKinds,
  gRPC: grpcKinds,
};
/** Codes of gRPC that blame the caller, or say that a thing is not offered. */
const BLAMES = [1, 3, 4, 5, 7, 8, 9, 12, 16];

const good = bytesOf({
  path: '/v2/models/simple/infer',
  body: JSON.stringify({
    inputs: ['INPUT0', 'INPUT1'].map((name) => ({
      name,
      shape: [1, 16],
      datatype: 'INT32',
      data: Array.from({ length: 16 }, () => 2),
    })),
  }),
});

test(
  'every kind of bad input is refused by name, and nothing else is hurt',
  { skip: skipModels },
  async (t) => {
    await using serving = await openServing(['simple', 'simple_identity', 'identity', 'iris-columns']);
    const { address, server } = serving;
    const seen = new Set<string>();
    for (const [group, kinds] of Object.entries(GROUPS)) {
      await t.test(`${group}: ${kinds.length} kinds`, async () => {
        const faults: string[] = [];
        for (const kind of kinds) {
          assert.ok(!seen.has(kind.name), `${kind.name} is there twice`);
          seen.add(kind.name);
          const problem = await play(kind, address);
          if (problem !== undefined) faults.push(`${kind.name}: ${problem}`);
        }
        assert.deepEqual(faults, []);
      });
    }
    t.diagnostic(`${seen.size} kinds of bad input`);
    assert.ok(seen.size >= 200);
    assert.deepEqual(server.errors, []);
  },
);

/** What is wrong with how a kind was answered, if anything. */
async function play(kind: Kind, address: string): Promise<string | undefined> {
  try {
    const { protocol, status, message } = await kind.send(address);
    const right =
      kind.status?.includes(status) ??
      (protocol === 'http' ? status >= 400 && status < 500 : BLAMES.includes(status));
    if (!right) return `${protocol} status ${status}: ${message.slice(0, 200)}`;
    if (!kind.names.test(message)) return `${status}, but not named: ${message.slice(0, 300)}`;
    const after = await exchange(address, good);
    return after.status === 200 ? undefined : `a good request after it: ${after.status} ${after.message}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
