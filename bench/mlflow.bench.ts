// The MLflow routes that training code waits for, on Treadle and on MLflow's own server: same requests, same machine, one after the other.
//   npm run bench -- mlflow --runs 2000
import path from 'node:path';
import {
  client,
  figure,
  median,
  option,
  percentile,
  report,
  scratch,
  startMlflow,
  startTreadle,
  timeEach,
  type Client,
  type Server,
} from './harness.ts';

const runs = option('runs', 2000);
const peer = 'mlflow server';
const api = '/api/2.0/mlflow';

interface Measured {
  readonly [name: string]: {
    readonly value: number;
    readonly unit: string;
    readonly better: 'lower' | 'higher';
  };
}

async function measure(server: Server): Promise<Measured> {
  const call = client(server.url);
  const experiment = String(
    (await call('POST', `${api}/experiments/create`, { name: 'bench' }))['experiment_id'],
  );
  const run = await createRun(call, experiment, 0);
  const now = Date.now();

  const single = await timeEach(500, (step) =>
    call('POST', `${api}/runs/log-metric`, {
      run_id: run,
      key: 'loss',
      value: step / 7,
      timestamp: now + step,
      step,
    }),
  );

  const writers = 8;
  const began = performance.now();
  const each = 150;
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      const own = client(server.url);
      await timeEach(each, (step) =>
        own('POST', `${api}/runs/log-metric`, {
          run_id: run,
          key: `writer-${writer}`,
          value: step,
          timestamp: now + step,
          step,
        }),
      );
    }),
  );
  const together = (writers * each) / ((performance.now() - began) / 1000);

  const batches = await timeEach(30, (batch) => {
    const metrics = Array.from({ length: 1000 }, (_, index) => ({
      key: `batch-${index % 10}`,
      value: Math.sin(index),
      timestamp: now + batch,
      step: batch * 100 + Math.floor(index / 10),
    }));
    return call('POST', `${api}/runs/log-batch`, { run_id: run, metrics });
  });

  const creating = performance.now();
  await fill(call, experiment);
  const filled = runs / ((performance.now() - creating) / 1000);

  const search = (body: object) =>
    timeEach(7, () =>
      call('POST', `${api}/runs/search`, { experiment_ids: [experiment], max_results: 100, ...body }),
    );
  const newest = await search({});
  const byMetric = await search({ order_by: ['metrics.`metric-3` DESC'] });
  const filtered = await search({ filter: "metrics.`metric-1` > 0.5 and params.`param-2` = 'value-1'" });
  const thousand = await search({ max_results: 1000 });

  const ms = (value: number) => ({ value, unit: 'ms', better: 'lower' as const });
  const rate = (value: number) => ({ value, unit: '/s', better: 'higher' as const });
  return {
    'log_metric, one client (p50)': ms(median(single)),
    'log_metric, one client (p99)': ms(percentile(single, 0.99)),
    [`log_metric, ${writers} clients`]: rate(together),
    'log-batch of 1,000 metrics (p50)': ms(median(batches)),
    'create a run and log 10 params, 10 metrics, 4 tags': rate(filled),
    [`search 100 of ${runs} runs`]: ms(median(newest)),
    [`search 100 of ${runs} runs by a metric`]: ms(median(byMetric)),
    [`search 100 of ${runs} runs, filter on metric and param`]: ms(median(filtered)),
    [`search all, at most 1,000, of ${runs} runs`]: ms(median(thousand)),
  };
}

async function createRun(call: Client, experiment: string, index: number): Promise<string> {
  const answer = (await call('POST', `${api}/runs/create`, {
    experiment_id: experiment,
    start_time: Date.now(),
    run_name: `run-${index}`,
  })) as { run: { info: { run_id: string } } };
  return answer.run.info.run_id;
}

async function fill(call: Client, experiment: string): Promise<void> {
  const ten = Array.from({ length: 10 }, (_, index) => index);
  await timeEach(runs, async (index) => {
    const run_id = await createRun(call, experiment, index);
    await call('POST', `${api}/runs/log-batch`, {
      run_id,
      params: ten.map((item) => ({ key: `param-${item}`, value: `value-${(index + item) % 5}` })),
      // Spread over 0 … 1 without a random source: both servers get the same values.
      metrics: ten.map((item) => ({
        key: `metric-${item}`,
        value: ((index * 7919 + item * 104_729) % 10_007) / 10_007,
        timestamp: Date.now(),
        step: 0,
      })),
      tags: ten.slice(0, 4).map((item) => ({ key: `tag-${item}`, value: `${index % 13}` })),
    });
  });
}

async function withServer(start: Promise<Server>): Promise<Measured> {
  const server = await start;
  try {
    return await measure(server);
  } finally {
    await server.stop();
  }
}

const ours = await withServer(startTreadle(path.join(scratch(), 'data')));
const theirs = await withServer(startMlflow(scratch()));
for (const [name, made] of Object.entries(ours))
  figure({ name, ...made, peer, peerValue: theirs[name]?.value });
report();
