// The longest that one request holds the server's event loop, at the largest request that each contract permits.
//   npm run bench -- stalls --files 500000
// The server's own monitor of the loop (Node's monitorEventLoopDelay, every 10 ms) is read before and after each request from /metrics,
// which sets it to zero; so a pause is seen wherever it comes from, garbage collection included. The bar is 100 ms (DESIGN §3.2).
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { blake3 } from '../src/platform/blobs/hash.ts';
import { frameHeader } from '../src/data/contract.ts';
import { figure, option, report, scratch, startTreadle } from './harness.ts';
import { ask, jsonBody, type Answer } from './stalls/ask.ts';

const BAR = 100;
const files = option('files', 500_000);
const share = Math.min(1, files / 500_000);
/** A size of a contract, smaller where the whole bench is. */
const sized = (most: number): number => Math.max(10, Math.floor(most * share));

const server = await startTreadle(path.join(scratch(), 'data'));
const { url } = server;

async function lag(): Promise<number> {
  const { text } = await ask(url, 'GET', '/metrics');
  return Number(/^nodejs_eventloop_lag_max_seconds(?:\{\})? (\S+)/m.exec(text)?.[1] ?? Number.NaN) * 1000;
}

interface Row {
  contract: string;
  what: string;
  longest: number;
  took: number;
  status: number;
}
const rows: Row[] = [];

/** Asks once the server is idle, and notes the longest pause of its loop. */
async function measure(
  contract: string,
  what: string,
  work: () => Promise<Answer | Answer[]>,
): Promise<Answer> {
  // What the one before left to do in the background is not this one's.
  for (let calm = 0, looks = 0; calm < 2 && looks < 100; looks++) {
    await lag();
    await sleep(100);
    calm = (await lag()) < 20 ? calm + 1 : 0;
  }
  await lag();
  const began = performance.now();
  const answers = [await work()].flat();
  const took = performance.now() - began;
  await sleep(50); // a pause at the very end is counted at the next tick of the monitor
  const longest = await lag();
  const worst = answers.toSorted((a, b) => b.status - a.status)[0]!;
  rows.push({ contract, what, longest, took, status: worst.status });
  console.log(
    `${contract}: ${what}: ${longest.toFixed(0)} ms, answered ${worst.status} in ${(took / 1000).toFixed(1)} s`,
  );
  return worst;
}

const expect = (answer: Answer, status: number): Answer => {
  if (answer.status !== status) throw new Error(`answered ${answer.status}: ${answer.text.slice(0, 500)}`);
  return answer;
};
const post = (route: string, body: readonly Uint8Array[]): Promise<Answer> => ask(url, 'POST', route, body);
const json = (value: unknown): Buffer[] => [Buffer.from(JSON.stringify(value))];
const get = (route: string): Promise<Answer> => ask(url, 'GET', route);

// ── data ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────
const contentOf = (i: number): Buffer => Buffer.from(`content ${i}\n`);
const hashes: string[] = [];
for (let i = 0; i < files; i++) hashes.push(blake3(contentOf(i)));
const sizeOf = (i: number): number => contentOf(i).length;
const fileOf = (i: number, folder = 'data') => ({
  path: `${folder}/part-${String(i % 500).padStart(3, '0')}/sample-${String(i).padStart(8, '0')}.bin`,
  hash: hashes[i],
  size: sizeOf(i),
});
function* range<T>(from: number, to: number, make: (i: number) => T): Generator<T> {
  for (let i = from; i < to; i++) yield make(i);
}
/** A little work between two pieces keeps this process answering. */
const frames = (from: number, to: number): Buffer[] => {
  const pieces: Buffer[] = [];
  for (let at = from; at < to; at += 1000)
    pieces.push(
      Buffer.concat(
        [
          ...range(at, Math.min(to, at + 1000), (i) => [frameHeader(hashes[i]!, sizeOf(i)), contentOf(i)]),
        ].flat(),
      ),
    );
  return pieces;
};

const asked = sized(50_000);
await measure('POST /data/missing', `${asked} hashes, none here`, async () =>
  expect(await post('/api/v1/data/missing', jsonBody({}, 'hashes', hashes.slice(0, asked))), 200),
);
const upload = sized(100_000);
await measure('POST /data/blobs', `${upload} small blobs in one request`, async () =>
  expect(await ask(url, 'POST', '/api/v1/data/blobs', frames(0, upload), 'application/octet-stream'), 200),
);
for (let at = upload; at < files; at += 100_000)
  expect(
    await ask(
      url,
      'POST',
      '/api/v1/data/blobs',
      frames(at, Math.min(files, at + 100_000)),
      'application/octet-stream',
    ),
    200,
  );
await measure('POST /data/missing', `${asked} hashes, all here`, async () =>
  expect(await post('/api/v1/data/missing', jsonBody({}, 'hashes', hashes.slice(0, asked))), 200),
);

const versions = '/api/v1/datasets/bench/versions';
const commits: Array<[what: string, file: (i: number) => unknown, status?: number]> = [
  ['', (i) => fileOf(i)],
  [', one of them new', (i) => fileOf(i, i === 0 ? 'moved' : 'data')],
  [', all moved', (i) => fileOf(i, 'elsewhere')],
  [' in folders of their own', (i) => ({ ...fileOf(i), path: `f${i}/file.bin` })],
  [', tables all of them', (i) => ({ ...fileOf(i), path: `t/${i % 100}/${i}.jsonl` })],
  [', the last one named twice', (i) => fileOf(i === files - 1 ? 0 : i), 400],
];
for (const [what, file, status = 200] of commits) {
  const body = jsonBody({ message: 'bench' }, 'files', range(0, files, file));
  await measure('POST /datasets/:d/versions', `${files} files${what}`, async () =>
    expect(await post(versions, body), status),
  );
}
await measure('GET /datasets/:d/versions/:ref/files', '50,000 a page, the last one', async () =>
  expect(
    await get(`${versions}/v1/files?recursive=true&limit=50000&page=${Math.max(0, files - 50_000)}`),
    200,
  ),
);
await measure('GET /datasets/:d/diff', `${files} files renamed`, async () =>
  expect(await get('/api/v1/datasets/bench/diff?from=v1&to=v3&limit=50000'), 200),
);
await measure('POST /datasets/:d/versions/:ref/blobs', `${asked} blobs`, async () =>
  expect(await post(`${versions}/v1/blobs`, jsonBody({}, 'hashes', hashes.slice(0, asked))), 200),
);

// ── tracking ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
const newRun = async (): Promise<string> =>
  (
    JSON.parse(expect(await post('/api/2.0/mlflow/runs/create', json({ experiment_id: '0' })), 200).text) as {
      run: { info: { run_id: string } };
    }
  ).run.info.run_id;
const run = await newRun();
const points = (from: number) =>
  json({
    metrics: Array.from({ length: 1000 }, (_, i) => ({
      key: 'long',
      value: Math.sin(from + i),
      step: from + i,
      time: 1e12 + from + i,
    })),
  });
const log = (body: readonly Uint8Array[], to = run): Promise<Answer> => post(`/api/v1/runs/${to}/log`, body);
const length = sized(1_000_000);
for (let from = 0; from < length; from += 1000) expect(await log(points(from)), 200);
await measure('POST /runs/:run/log', `1,000 points again, of a metric of ${length}`, async () =>
  expect(await log(points(0)), 200),
);
await measure('POST /runs/:run/log', '1,000 metrics', async () =>
  expect(
    await log(
      json({
        metrics: Array.from({ length: 1000 }, (_, i) => ({ key: `m${i}`, value: i, step: 1, time: 1 })),
      }),
    ),
    200,
  ),
);
await measure('POST /runs/:run/log', '32 MiB that hold no metric', async () =>
  expect(
    await log([Buffer.from(`{"metrics":[${'0,'.repeat(sized(16_000_000))}0]}`)]),
    share === 1 ? 413 : 400,
  ),
);
await measure('GET /runs/:run/metrics/:key/series', '20,000 points', async () =>
  expect(await get(`/api/v1/runs/${run}/metrics/long/series?points=20000`), 200),
);
const many = await Promise.all(Array.from({ length: sized(500) }, newRun));
for (const one of many)
  expect(
    await log(
      json({
        metrics: Array.from({ length: 1000 }, (_, i) => ({
          key: `k${i % 20}`,
          value: i,
          step: i,
          time: 1e12 + i,
        })),
      }),
      one,
    ),
    200,
  );
const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
await measure('POST /series', `${many.length} runs × 20 metrics, 20,000 points each`, async () =>
  expect(await post('/api/v1/series', json({ runs: many, keys, points: 20_000 })), 200),
);
await measure('POST /runs/compare', `${many.length} runs`, async () =>
  expect(await post('/api/v1/runs/compare', json({ runs: many })), 200),
);
await measure('MLflow runs/search', `${many.length} runs in one page of 50,000`, async () =>
  expect(
    await post('/api/2.0/mlflow/runs/search', json({ experiment_ids: ['0'], max_results: 50_000 })),
    200,
  ),
);
await measure('MLflow metrics/get-history', '25,000 points', async () =>
  expect(
    await get(`/api/2.0/mlflow/metrics/get-history?run_id=${run}&metric_key=long&max_results=25000`),
    200,
  ),
);
await measure('MLflow runs/log-inputs', '64 MiB of datasets', async () =>
  expect(
    await post(
      '/api/2.0/mlflow/runs/log-inputs',
      jsonBody(
        { run_id: run },
        'datasets',
        range(0, sized(1000), (i) => ({
          dataset: {
            name: `d${i}`,
            digest: `${i}`,
            source_type: 'local',
            source: '{}',
            profile: 'x'.repeat(60_000),
          },
        })),
      ),
    ),
    200,
  ),
);

// ── pipelines ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
await measure('POST /code/missing', `${asked} hashes`, async () =>
  expect(await post('/api/v1/code/missing', jsonBody({}, 'hashes', hashes.slice(0, asked))), 200),
);

// ── events ────────────────────────────────────────────────────────────────────────────────────────────────────────────────
const streams = sized(900);
const following = new AbortController();
const open = await Promise.all(
  Array.from({ length: streams }, () => fetch(`${url}/api/v1/events`, { signal: following.signal })),
);
for (const { body } of open) void body?.pipeTo(new WritableStream()).catch(() => undefined);
const change = (i: number): Promise<Answer> =>
  log(json({ metrics: [{ key: 'heard', value: i, step: i, time: i }] }));
await measure('GET /events', `${streams} streams hear of 100 changes`, () =>
  Promise.all(Array.from({ length: 100 }, (_, i) => change(i))),
);
following.abort();

await server.stop();
const widths = [
  Math.max(...rows.map(({ contract }) => contract.length)),
  Math.max(...rows.map(({ what }) => what.length)),
];
console.log(`\n${'contract'.padEnd(widths[0]!)}  ${'request'.padEnd(widths[1]!)}  longest stall  answered`);
for (const { contract, what, longest, took, status } of rows)
  console.log(
    `${contract.padEnd(widths[0]!)}  ${what.padEnd(widths[1]!)}  ${`${longest.toFixed(0)} ms`.padStart(10)}${longest > BAR ? ' !' : '  '}  ${status} in ${(took / 1000).toFixed(1)} s`,
  );
for (const { contract, what, longest } of rows)
  figure({ name: `longest stall: ${contract}, ${what}`, value: longest, unit: 'ms', better: 'lower' });
report();
