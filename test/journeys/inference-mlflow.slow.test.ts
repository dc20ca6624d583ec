import assert from 'node:assert/strict';
import test from 'node:test';
import { python } from './mlflow-servers.ts';
import { openScoring } from './inference/mlflow-serve.ts';
import { openServing, script, skipModels } from './inference/server.ts';

interface Seen {
  status: number;
  type: string;
  body: unknown;
}

/** Where we answer otherwise than MLflow on purpose; the README of faces/inference/mlflow says why of each. */
const DIFFERENT: ReadonlyArray<readonly [name: RegExp, ours: number, theirs: number]> = [
  [/^text for boolean: /, 400, 200], // 'false' would be true
  [/^missing boolean: /, 400, 200], // would be false
  [/^too large for (long|integer): (split|records)$/, 400, 200], // would wrap around
  [/^index of another length$/, 400, 200], // would repeat the row
  [/^list for double: (instances|inputs|inputs as records)$/, 400, 400], // other error_code
  [/^rows without names$/, 400, 400], // other error_code
  [/^parameter of the type$/, 415, 415], // shorter text
  [/^GET \/invocations$/, 405, 405], // FastAPI's body there
];

test('MLflow’s protocol, beside MLflow’s own server', { skip: skipModels }, async (t) => {
  await using serving = await openServing({ default: 'iris-sklearn', typed: 'typed' });
  const { url, address, server } = serving;

  await t.test('the scoring client works unchanged', async () => {
    const seen = await script(python!, 'mlflow_client.py', [address]);
    assert.ok(Number(seen['right']) > 140);
    assert.equal(seen['dtype'], 'int64');
  });

  await t.test('answers are equal to those of mlflow models serve', async () => {
    await using theirs = await openScoring(server.url, 'models:/typed/1');
    const seen = (await script(python!, 'mlflow_parity.py', [url, 'typed', theirs.url])) as Record<
      string,
      [Seen, Seen]
    >;
    let equal = 0;
    for (const [name, [ours, peers]] of Object.entries(seen)) {
      const listed = DIFFERENT.find(([pattern]) => pattern.test(name));
      if (listed) {
        assert.deepEqual([ours.status, peers.status], [listed[1], listed[2]], name);
        assert.notDeepEqual(said(ours), said(peers), `${name} is equal, so it need not be listed`);
      } else {
        assert.deepEqual(said(ours), said(peers), `${name}: ${JSON.stringify(ours.body)}`);
        equal++;
      }
    }
    t.diagnostic(`${equal} of ${Object.keys(seen).length} requests are answered as MLflow answers them`);
    assert.ok(equal >= 165, `${equal}`);
  });
  assert.deepEqual(server.errors, []);
});

/** Status and body; of an error its code, for the words are everybody's own. */
function said({ status, body }: Seen): unknown {
  const code =
    typeof body === 'object' && body !== null ? (body as { error_code?: string }).error_code : undefined;
  return { status, body: status === 200 ? body : (code ?? body) };
}
