import { jsonBody } from './ask.ts';
import { expect, json, many, range, type Stalls } from './stalls.ts';

/** MLflow's calls, and what the ledger says of them. */
export async function mlflowRows({ sized, measure, post, get }: Stalls): Promise<void> {
  const call = (name: string, body: readonly Uint8Array[]) => post(`/api/2.0/mlflow/${name}`, body);
  const { experiment_id } = JSON.parse(
    expect(await call('experiments/create', json({ name: 'bench' }))).text,
  ) as { experiment_id: string };
  const newRun = async (): Promise<string> =>
    (
      JSON.parse(expect(await call('runs/create', json({ experiment_id }))).text) as {
        run: { info: { run_id: string } };
      }
    ).run.info.run_id;
  const run = await newRun();
  const inputs = (count: number, profile: number, name = 'd') =>
    jsonBody(
      { run_id: run },
      'datasets',
      range(0, count, (i) => ({
        dataset: {
          name: `${name}${i}`,
          digest: `${i}`,
          source_type: 'local',
          source: '{}',
          profile: 'x'.repeat(profile),
        },
        tags: [{ key: 'mlflow.data.context', value: 'training' }],
      })),
    );
  await measure(
    'MLflow runs/log-batch',
    '1,000 metrics, 100 params and 100 tags, as long as they may be',
    async () =>
      expect(
        await call(
          'runs/log-batch',
          json({
            run_id: run,
            metrics: Array.from({ length: 800 }, (_, i) => ({
              key: `${i}`.padEnd(250, 'k'),
              value: i,
              timestamp: i,
              step: i,
            })),
            params: Array.from({ length: 100 }, (_, i) => ({ key: `p${i}`, value: 'v'.repeat(6000) })),
            tags: Array.from({ length: 100 }, (_, i) => ({ key: `t${i}`, value: 'v'.repeat(8000) })),
          }),
        ),
      ),
  );
  await measure('MLflow runs/set-tag', 'a text of 30 MB', async () =>
    expect(
      await call('runs/set-tag', json({ run_id: run, key: 'long', value: 'é'.repeat(sized(15_000_000)) })),
    ),
  );
  await measure('MLflow runs/log-inputs', '1,000 datasets, 64 MiB', async () =>
    expect(await call('runs/log-inputs', inputs(sized(1000), 60_000))),
  );
  await measure('MLflow runs/log-inputs', '4 datasets, 64 MiB', async () =>
    expect(await call('runs/log-inputs', inputs(4, sized(16_000_000), 'large'))),
  );
  await measure('MLflow runs/log-inputs', '1,000 datasets again', async () =>
    expect(await call('runs/log-inputs', inputs(sized(1000), 10))),
  );
  await measure('MLflow runs/get', 'a run with all of that', async () =>
    expect(await get(`/api/2.0/mlflow/runs/get?run_id=${run}`)),
  );
  const runs = sized(50_000);
  await many(runs, newRun);
  await measure('MLflow runs/search', `${runs} runs in one page`, async () =>
    expect(await call('runs/search', json({ experiment_ids: [experiment_id], max_results: 50_000 }))),
  );
  await measure('MLflow runs/search', 'a filter of 1,000 conditions', () =>
    call(
      'runs/search',
      json({
        experiment_ids: [experiment_id],
        filter: Array.from({ length: 1000 }, (_, i) => `tags.t${i} = 'v'`).join(' and '),
      }),
    ),
  );
  await measure('MLflow runs/search', 'a filter of 30 MB', () =>
    call(
      'runs/search',
      json({ experiment_ids: [experiment_id], filter: `tags.t = '${'x'.repeat(sized(30_000_000))}'` }),
    ),
  );
  const versions = sized(10_000);
  expect(await call('registered-models/create', json({ name: 'bench' })));
  await many(versions, (i) =>
    call('model-versions/create', json({ name: 'bench', source: `s3://elsewhere/model/${i}` })),
  );
  await measure('MLflow model-versions/search', `${versions} versions in one page`, async () =>
    expect(await get(`/api/2.0/mlflow/model-versions/search?max_results=200000`)),
  );
  await measure('GET /models/:m/versions', '1,000 a page', async () =>
    expect(await get('/api/v1/models/bench/versions?limit=1000')),
  );
  const read = sized(100);
  const readers = await many(read, newRun);
  await many(
    read,
    (n) =>
      call(
        'runs/log-inputs',
        jsonBody(
          { run_id: readers[n] },
          'datasets',
          range(0, sized(1000), (i) => ({
            dataset: { name: `d${i}`, digest: `${i}`, source_type: 'local', source: '{}' },
          })),
        ),
      ),
    2,
  );
  await measure('GET /ledger/entries', `${read} entries with 1,000 edges each`, async () =>
    expect(await get('/api/v1/ledger/entries?action=run.inputs_logged&limit=1000')),
  );
  await measure('GET /ledger/entries', '1,000 entries', async () =>
    expect(await get('/api/v1/ledger/entries?limit=1000')),
  );
  await measure('GET /ledger/verification', 'all of that', async () =>
    expect(await get('/api/v1/ledger/verification')),
  );
  await measure('GET /lineage/:node', 'a run with 1,000 inputs, 50 steps', async () =>
    expect(await get(`/api/v1/lineage/run:${readers[0]}?depth=50`)),
  );
}
