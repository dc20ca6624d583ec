import { expect, json, many, type Stalls } from './stalls.ts';

const runsOf =
  ({ post }: Stalls) =>
  async (): Promise<string> =>
    (
      JSON.parse(expect(await post('/api/v1/runs', json({ experiment: '0' }))).text) as {
        id: string;
      }
    ).id;

/** Runs, their metrics and artifacts. */
export async function trackingRows(stalls: Stalls): Promise<void> {
  const { sized, measure, post, get, put, del } = stalls;
  const newRun = runsOf(stalls);
  const run = await newRun();
  const log = (body: readonly Uint8Array[], to = run) => post(`/api/v1/runs/${to}/log`, body);
  const thousand = (metric: (i: number) => object) =>
    json({ metrics: Array.from({ length: 1000 }, (_, i) => metric(i)) });
  const points = (from: number) =>
    thousand((i) => ({ key: 'long', value: Math.sin(from + i), step: from + i, time: 1e12 + from + i }));
  const length = sized(1_000_000);
  for (let from = 0; from < length; from += 1000) expect(await log(points(from)));
  await measure('POST /runs/:run/log', `1,000 points again, of a metric of ${length}`, async () =>
    expect(await log(points(0))),
  );
  await measure('POST /runs/:run/log', '1,000 metrics', async () =>
    expect(await log(thousand((i) => ({ key: `m${i}`, value: i, step: 1, time: 1 })))),
  );
  await measure('POST /runs/:run/log', '32 MiB that hold no metric', () =>
    log([Buffer.from(`{"metrics":[${'0,'.repeat(sized(16_000_000))}0]}`)]),
  );
  await measure('POST /runs/:run/log', 'a param of 32 MB', async () =>
    expect(await log(json({ params: { long: 'é'.repeat(sized(16_000_000)) } }))),
  );
  await measure('POST /runs/:run/resources', '1,000 samples of 5 values', async () =>
    expect(
      await post(
        `/api/v1/runs/${run}/resources`,
        json({
          samples: Array.from({ length: 1000 }, (_, i) => ({
            time: 1e12 + i,
            values: Object.fromEntries(Array.from({ length: 5 }, (_one, k) => [`gpu_${k}_power`, k + 0.5])),
          })),
        }),
      ),
    ),
  );
  await measure('GET /runs/:run/metrics/:key/series', '20,000 points', async () =>
    expect(await get(`/api/v1/runs/${run}/metrics/long/series?points=20000`)),
  );
  const runs = await many(sized(500), newRun);
  await many(runs.length, (n) =>
    log(
      thousand((i) => ({ key: `k${i % 20}`, value: i, step: i, time: 1e12 + i })),
      runs[n],
    ),
  );
  const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
  await measure('POST /series', `${runs.length} runs × 20 metrics, 20,000 points each`, async () =>
    expect(await post('/api/v1/series', json({ runs, keys, points: 20_000 }))),
  );
  await measure('POST /runs/compare', `${runs.length} runs`, async () =>
    expect(await post('/api/v1/runs/compare', json({ runs }))),
  );
  await measure('POST /runs/search', `${runs.length} runs with their metrics`, async () =>
    expect(await post('/api/v1/runs/search', json({ experiments: ['0'], limit: 1000 }))),
  );
  await measure('GET /experiments/:e/columns', `of ${runs.length} runs`, async () =>
    expect(await get('/api/v1/experiments/0/columns')),
  );
  const artifacts = sized(20_000);
  await many(artifacts, async (i) =>
    expect(await put(`/api/v1/runs/${run}/artifacts/all/${i}.txt`, [Buffer.from(`${i}`)], 'text/plain')),
  );
  await measure('GET /runs/:run/artifacts', `a folder of ${artifacts}`, async () =>
    expect(await get(`/api/v1/runs/${run}/artifacts?path=all`)),
  );
  await measure('MLflow artifacts/list', `a folder of ${artifacts}`, async () =>
    expect(await get(`/api/2.0/mlflow/artifacts/list?run_id=${run}&path=all`)),
  );
  await measure('DELETE /runs/:run/artifacts/*', `a folder of ${artifacts}`, async () =>
    expect(await del(`/api/v1/runs/${run}/artifacts/all`)),
  );
  await measure('MLflow metrics/get-history', '25,000 points', async () =>
    expect(await get(`/api/2.0/mlflow/metrics/get-history?run_id=${run}&metric_key=long&max_results=25000`)),
  );
}
