import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'node:test';
import fc from 'fast-check';
import { otlpRequest } from '../../bench/traces/otlp.ts';
import { freePort } from '../free-port.ts';
import { openTest, type TestServer } from '../harness.ts';
import { until } from '../until.ts';
import { play, playPeer, python } from './mlflow-servers.ts';

const skip =
  python === undefined ? 'there is no Python with mlflow: node scripts/setup.mjs makes one' : false;

/** `npm run test:deep` asks more, and kills twice as often. */
const WHOLE = process.env['TREADLE_TEST_WHOLE'] === '1';
const KILLS = WHOLE ? 4 : 2;

/** Where we answer otherwise than MLflow 3.17.2, with what we answer and why. */
const OTHERWISE: Readonly<Record<string, readonly [ours: unknown, why: string]>> = {
  'a run that is not there': ['RESOURCE_DOES_NOT_EXIST', 'MLflow links traces to runs that are not there'],
  'experiment that is not there': [404, 'MLflow takes spans of a known trace for any experiment'],
};

const post = (url: string, body: Uint8Array, headers: Record<string, string>): Promise<Response> =>
  fetch(`${url}/v1/traces`, {
    method: 'POST',
    body: new Uint8Array(body),
    headers: { 'content-type': 'application/x-protobuf', 'x-mlflow-experiment-id': '0', ...headers },
  });

test('traces', async (t) => {
  await using treadle = await openTest();

  await t.test(
    'the plain mlflow client and OpenTelemetry’s exporter see of Treadle what they see of MLflow’s own server',
    { skip },
    async () => {
      const script = 'mlflow-traces.py';
      const [ours, theirs] = await Promise.all([play(script, treadle.url), playPeer(script)]);
      assert.ok(Object.keys(theirs).length > 100, 'the script reported what it saw');
      for (const [name, answer] of Object.entries(theirs))
        assert.deepEqual(ours[name], OTHERWISE[name]?.[0] ?? answer, name);
      assert.deepEqual(Object.keys(ours), Object.keys(theirs));
    },
  );

  await t.test('no body of spans, however broken, is a fault of the server', () => brokenBodies(treadle));
  await t.test('no request about traces, however odd, is a fault of the server', () => oddRequests(treadle));
  assert.deepEqual(treadle.errors, []);
});

async function brokenBodies({ url }: TestServer): Promise<void> {
  const whole = otlpRequest(0, 2, 4, 1_765_000_000_000);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(whole.length - 1),
      fc.nat(255),
      fc.nat(whole.length),
      fc.constantFrom('', 'gzip', 'deflate', 'br'),
      fc.constantFrom('application/x-protobuf', 'application/json', 'text/plain'),
      fc.constantFrom('0', '', '99', 'x', '-1', '9'.repeat(40)),
      async (at, byte, end, encoding, type, experiment) => {
        const bytes = Buffer.from(whole.subarray(0, Math.max(at + 1, end)));
        bytes[at] = byte;
        const body = encoding === 'gzip' && at % 2 === 0 ? gzipSync(bytes) : bytes;
        const answer = await post(url, body, {
          'content-type': type,
          'x-mlflow-experiment-id': experiment,
          ...(encoding === '' ? {} : { 'content-encoding': encoding }),
        });
        await answer.arrayBuffer();
        assert.ok(
          answer.status < 500 && answer.status !== 429 && answer.status !== 408,
          String(answer.status),
        );
      },
    ),
    { numRuns: WHOLE ? 400 : 100 },
  );
  // A body that is small packed and large unpacked is refused, not unpacked to its end.
  const bomb = await post(url, gzipSync(Buffer.alloc(200 * 1024 * 1024)), { 'content-encoding': 'gzip' });
  assert.equal(bomb.status, 413);
}

async function oddRequests({ url }: TestServer): Promise<void> {
  const anything = fc.oneof(
    fc.constantFrom('0', '1', '', null, -1, 1e300, true, [], {}, ['0'], 'tr-1', '2026-12-01T00:00:00Z', '1s'),
    fc.string({ maxLength: 20 }),
    fc.integer(),
  );
  const fields = [
    'trace_id',
    'trace_ids',
    'experiment_id',
    'experiment_ids',
    'locations',
    'filter',
    'order_by',
    'max_results',
    'page_token',
    'key',
    'value',
    'run_id',
    'trace',
    'assessment',
    'update_mask',
    'timestamp_ms',
    'status',
    'metric_name',
    'view_type',
    'aggregations',
    'filter_string1',
    'filter_string2',
    'request_ids',
    'max_timestamp_millis',
    'prompt_versions',
  ];
  const calls = [
    ['POST', '/api/3.0/mlflow/traces'],
    ['POST', '/api/3.0/mlflow/traces/search'],
    ['POST', '/api/3.0/mlflow/traces/batchGetInfos'],
    ['POST', '/api/3.0/mlflow/traces/metrics'],
    ['POST', '/api/3.0/mlflow/traces/calculate-filter-correlation'],
    ['POST', '/api/3.0/mlflow/traces/delete-traces'],
    ['POST', '/ajax-api/3.0/mlflow/traces/tr-1/assessments'],
    ['PATCH', '/api/3.0/mlflow/traces/tr-1/assessments/a-1'],
    ['PATCH', '/api/3.0/mlflow/traces/tr-1/tags'],
    ['DELETE', '/api/2.0/mlflow/traces/tr-1/tags'],
    ['POST', '/api/2.0/mlflow/traces'],
    ['PATCH', '/api/2.0/mlflow/traces/tr-1'],
    ['POST', '/api/2.0/mlflow/traces/link-to-run'],
    ['POST', '/api/2.0/mlflow/traces/link-prompts'],
    ['POST', '/api/v1/traces/search'],
    ['POST', '/api/v1/traces/tr-1/assessments'],
  ] as const;
  const info = {
    trace_id: 'tr-1',
    trace_location: { mlflow_experiment: { experiment_id: '0' } },
    request_time: '2026-12-01T00:00:00Z',
  };
  const made = await fetch(`${url}/api/3.0/mlflow/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ trace: { trace_info: info } }),
  });
  assert.equal(made.status, 200, await made.text());
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...calls),
      fc.dictionary(fc.constantFrom(...fields), anything, { maxKeys: 8 }),
      async ([method, address], body) => {
        const sent: RequestInit = {
          method,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        };
        const answer = await fetch(url + address, sent);
        const text = await answer.text();
        assert.ok(
          answer.status < 500 && answer.status !== 429 && answer.status !== 408,
          `${method} ${address} ${JSON.stringify(body)} ${answer.status}: ${text}`,
        );
      },
    ),
    { numRuns: WHOLE ? 800 : 200 },
  );
}

test('a kill at any moment loses no span that was acknowledged', async () => {
  const data = mkdtempSync(path.join(tmpdir(), 'treadle-traces-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const binary = path.join(import.meta.dirname, '..', '..', 'bin', 'treadle');
  const start = async (): Promise<ChildProcess> => {
    const child = spawn(binary, ['server', '--port', String(port), '--data', data], {
      detached: true,
      stdio: 'ignore',
    });
    await until('the server', async () =>
      fetch(`${url}/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    return child;
  };
  const kill = async (child: ChildProcess): Promise<void> => {
    const gone = new Promise((resolve) => void child.once('exit', resolve));
    process.kill(-child.pid!, 'SIGKILL');
    await gone;
  };
  const kept = new Set<number>();
  try {
    let next = 1;
    for (let round = 0; round < KILLS; round++) {
      const server = await start();
      let going = true;
      const clients = Array.from({ length: 4 }, async () => {
        while (going) {
          const t = next++;
          const sent = await post(url, otlpRequest(t, 1, 6, 1_765_000_000_000), {}).then(
            ({ status }) => status === 200,
            () => false,
          );
          if (sent) kept.add(t + 1);
          else return;
        }
      });
      const before = kept.size;
      await until('spans', () => kept.size > before + 25 + round * 7);
      await kill(server);
      going = false;
      await Promise.all(clients);
    }
    const server = await start();
    const there = new Map<string, number>();
    for (let page: string | undefined; ;) {
      const answer = await fetch(`${url}/api/v1/traces/search`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          experiments: ['0'],
          filter: "span.name = 'answer' AND tags.`service.name` = 'assistant'",
          limit: 1000,
          ...(page === undefined ? {} : { page }),
        }),
      });
      const { items, next: more } = (await answer.json()) as {
        items: Array<{ id: string; spans: number }>;
        next?: string;
      };
      for (const { id, spans } of items) {
        assert.ok(!there.has(id), 'none is there twice');
        there.set(id, spans);
      }
      page = more;
      if (page === undefined) break;
    }
    for (const t of kept) assert.equal(there.get(`tr-${t.toString(16).padStart(32, '0')}`), 6, `trace ${t}`);
    assert.ok(kept.size > 25 * KILLS);
    await kill(server);
  } finally {
    rmSync(data, { recursive: true, force: true, maxRetries: 20 });
  }
});
