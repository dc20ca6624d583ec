// How long the story of a prediction takes to tell: GET …/predictions/{id}/lineage over HTTP, of a version that a pipeline trained on a
// dataset's version, judged and deployed, so that every part of the story is there.
//   npm run bench -- lineage --calls 2000
import path from 'node:path';
import { Blake3Hasher } from '@napi-rs/blake-hash';
import { FILE, gated } from '../test/journeys/pipelines/gated.ts';
import type { PredictionLineage } from '../src/governance/contract.ts';
import { getEndpoint } from '../src/serving/contract.ts';
import {
  client,
  figure,
  freePort,
  option,
  percentile,
  report,
  scratch,
  settled,
  startTreadle,
  timeEach,
} from './harness.ts';

const calls = option('calls', 2000);
/** Stories that are asked for in turn. */
const PREDICTIONS = 50;
const NAME = 'late';

// A port of its own for models: the next one after the server's may be taken meanwhile.
const server = await startTreadle(path.join(scratch(), 'data'), {
  env: { TREADLE_INFERENCE_PORT: String(await freePort()) },
});
const table = Buffer.from('id,day\n1,2001-01-01\n');
const hash = new Blake3Hasher().update(table).digest('hex');
const sent = await fetch(`${server.url}/api/v1/data/blobs/${hash}`, { method: 'PUT', body: table });
if (!sent.ok) throw new Error(await sent.text());
const ask = client(server.url);
await ask('POST', '/api/v1/datasets/flights/versions', {
  files: [{ path: 'flights.csv', hash, size: table.length }],
});

using project = gated(
  server.url,
  NAME,
  FILE.replace('params:', 'data: { flights: flights@main }\nparams:').replace('{leak}', '{leak} {flights}'),
);
const { state, reason } = await project.run();
if (state !== 'succeeded') throw new Error(`the execution is ${state}: ${reason}`);
const { endpoint } = await project.client.call(getEndpoint, { params: { endpoint: NAME } });

const ids: string[] = [];
for (let at = 0; at < PREDICTIONS; at++) {
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [at / PREDICTIONS, 0.5] }];
  const answer = await fetch(`${endpoint.address}/v2/models/${NAME}/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ inputs }),
  });
  await answer.arrayBuffer();
  ids.push(answer.headers.get('x-treadle-prediction') ?? '');
}
const tell = (at: number): Promise<Record<string, unknown>> =>
  ask('GET', `/api/v1/predictions/${ids[at % PREDICTIONS]}/lineage`);
const story = (await tell(0)) as unknown as PredictionLineage; // by its contract
if (!story.run || !story.code || !story.evaluation || !story.proof || story.datasets.length === 0)
  throw new Error(`parts of the story are missing: ${JSON.stringify(story.gaps)}`);
for (let at = 0; at < Math.min(calls, 200); at++) await tell(at);
// What the execution left to do, such as the profile of its data, is not of the story.
await settled(server.pid);

const times = await timeEach(calls, tell);
figure({ name: `${calls} stories: p50`, value: percentile(times, 0.5), unit: 'ms', better: 'lower' });
figure({
  name: 'p99',
  value: percentile(times, 0.99),
  unit: 'ms',
  better: 'lower',
  peer: 'the bar',
  peerValue: 20,
});
figure({ name: 'longest', value: Math.max(...times), unit: 'ms', better: 'lower' });
await server.stop();
report();
process.exit(0);
