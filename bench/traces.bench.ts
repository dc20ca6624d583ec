// Traces by OTLP, 20 spans each, into Treadle and into MLflow's own server, and searches among them:
//   npm run bench -- traces
// Then searches of Treadle alone among many, of which the first are sent and the others copied; kept in a folder for the next time:
//   npm run bench -- traces --only-many 1 --traces 1000000 --sent 20000 --keep FOLDER
import { Agent, request } from 'node:http';
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
  type Server,
} from './harness.ts';
import { multiply } from './traces/multiply.ts';
import { otlpRequest } from './traces/otlp.ts';

const SPANS = 20;
const traces = option('traces', 0);
const sent = option('sent', 20_000);
const keepAt = process.argv.indexOf('--keep');
const keep = keepAt < 0 ? undefined : process.argv[keepAt + 1];
const ours = option('ours', 3000);
const theirs = option('theirs', 300);
const peer = 'mlflow server';
const now = Date.now();

type Post = (body: Buffer) => Promise<void>;

function exporter(url: string, experiment: string): Post {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return (body) =>
    new Promise((resolve, reject) => {
      const headers = {
        'content-type': 'application/x-protobuf',
        'content-length': body.length,
        'x-mlflow-experiment-id': experiment,
      };
      const asked = request(`${url}/v1/traces`, { method: 'POST', agent, headers }, (answer) => {
        answer.resume();
        answer.on('end', () =>
          answer.statusCode === 200
            ? resolve()
            : reject(new Error(`/v1/traces answered ${answer.statusCode}`)),
        );
      });
      asked.on('error', reject).end(body);
    });
}

async function experimentOn(server: Server): Promise<string> {
  const made = await client(server.url)('POST', '/api/2.0/mlflow/experiments/create', { name: 'bench' });
  return String(made['experiment_id']);
}

/** Traces a second: one trace a request, from as many clients. */
async function ingest(
  server: Server,
  experiment: string,
  first: number,
  count: number,
  clients: number,
): Promise<number> {
  const bodies = Array.from({ length: count }, (_, i) => otlpRequest(first + i, 1, SPANS, now));
  let next = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      const post = exporter(server.url, experiment);
      for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) await post(body);
    }),
  );
  return count / ((performance.now() - began) / 1000);
}

const SEARCHES: ReadonlyArray<readonly [name: string, filter: string | undefined, order?: string]> = [
  ['the newest 100', undefined],
  ["status = 'ERROR'", "status = 'ERROR'"],
  ['a tag', "tags.team = 'team-7'"],
  ['a session', "metadata.`mlflow.trace.session` = 'session-10'"],
  ['a name of a span, and a tag', "span.name = 'chat 4' AND tags.team = 'team-9'"],
  ['a type of a span, and ERROR', "span.type = 'TOOL' AND status = 'ERROR'"],
  ['the slowest', undefined, 'execution_time_ms DESC'],
  ['slower than, of a tag', "execution_time_ms > 1200 AND tags.team = 'team-3'"],
  ['within an hour', `timestamp_ms > ${now - 7_200_000} AND timestamp_ms < ${now - 3_600_000}`],
  ['a model, by an attribute', "span.attributes.mlflow.llm.model LIKE '%model-1%'"],
];

async function searches(server: Server, experiment: string): Promise<Map<string, number[]>> {
  const call = client(server.url);
  const times = new Map<string, number[]>();
  for (const [name, filter, order] of SEARCHES) {
    const body = {
      locations: [{ type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: experiment } }],
      max_results: 100,
      ...(filter === undefined ? {} : { filter }),
      ...(order === undefined ? {} : { order_by: [order] }),
    };
    const search = (): Promise<unknown> => call('POST', '/api/3.0/mlflow/traces/search', body);
    await search();
    times.set(name, await timeEach(9, search));
  }
  return times;
}

interface Rates {
  readonly one: number;
  readonly eight: number;
}

async function rates(server: Server, experiment: string, count: number): Promise<Rates> {
  await ingest(server, experiment, 0, 20, 1); // the first ones open what is needed
  return {
    one: await ingest(server, experiment, 100, count, 1),
    eight: await ingest(server, experiment, 100 + count, count, 8),
  };
}

async function beside(): Promise<void> {
  const treadle = await startTreadle(path.join(scratch(), 'data'));
  const id = await experimentOn(treadle);
  const mine = await rates(treadle, id, ours);
  const small = await searches(treadle, id);
  await treadle.stop();

  const mlflow = await startMlflow(scratch());
  const other = await experimentOn(mlflow);
  const peers = await rates(mlflow, other, theirs);
  const peerSearches = await searches(mlflow, other);
  await mlflow.stop();

  const rate = { unit: '/s', better: 'higher', peer } as const;
  figure({
    name: `traces of ${SPANS} spans by OTLP, one client`,
    value: mine.one,
    ...rate,
    peerValue: peers.one,
  });
  figure({
    name: `traces of ${SPANS} spans by OTLP, 8 clients`,
    value: mine.eight,
    ...rate,
    peerValue: peers.eight,
  });
  for (const [name, times] of small)
    figure({
      name: `search, ${2 * ours + 20} traces (theirs ${2 * theirs + 20}): ${name}`,
      value: median(times),
      ...ms,
      peer,
      peerValue: median(peerSearches.get(name) ?? []),
    });
}

/** Searches among many: of some that are sent, the others are copies. */
async function many(): Promise<void> {
  const data = keep ?? path.join(scratch(), 'data');
  const first = await startTreadle(data);
  const call = client(first.url);
  const known = await call('POST', '/api/2.0/mlflow/experiments/search', {
    max_results: 10,
    filter: "name = 'bench'",
  });
  const [found] = (known['experiments'] ?? []) as Array<{ experiment_id: string }>;
  const id = found?.experiment_id ?? (await experimentOn(first));
  if (!found) await fill(first, id);
  await first.stop();
  const all = multiply(path.join(data, 'treadle.db'), traces);
  const treadle = await startTreadle(data);
  for (const [name, times] of await searches(treadle, id)) {
    figure({ name: `search, ${all} traces: ${name} (p50)`, value: median(times), ...ms });
    figure({ name: `search, ${all} traces: ${name} (worst of 9)`, value: percentile(times, 1), ...ms });
  }
  await treadle.stop();
}

async function fill(treadle: Server, id: string): Promise<void> {
  const began = performance.now();
  const size = 200;
  let at = 0;
  await Promise.all(
    [exporter(treadle.url, id), exporter(treadle.url, id)].map(async (send) => {
      while (at < sent) {
        const from = at;
        at += size;
        await send(otlpRequest(from, Math.min(size, sent - from), SPANS, now));
      }
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  figure({
    name: `traces of ${SPANS} spans by OTLP, ${size} a request, 2 clients`,
    value: sent / seconds,
    unit: '/s',
    better: 'higher',
  });
}

const ms = { unit: 'ms', better: 'lower' } as const;
if (option('only-many', 0) === 0) await beside();
if (traces > 0) await many();
report();
