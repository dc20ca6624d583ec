import assert from 'node:assert/strict';
import { deflateSync } from 'node:zlib';
import * as models from '../../src/models/index.ts';
import { blake3 } from '../../src/platform/blobs/index.ts';
import * as tracking from '../../src/tracking/index.ts';
import type { TestServer } from '../harness.ts';

/** A house in use: two versions of a dataset, an experiment of many runs, a model with versions. All values are made by formula. */
export interface Seeded {
  experiment: string;
  /** By name. */
  runs: Map<string, string>;
  versions: string[];
}

type Json = Record<string, unknown>;

async function api<T = Json>(server: TestServer, method: string, path: string, body?: unknown): Promise<T> {
  const bytes = body instanceof Uint8Array;
  const reply = await fetch(`${server.url}/api/v1${path}`, {
    method,
    ...(body === undefined ? {} : { body: bytes ? new Uint8Array(body) : JSON.stringify(body) }),
    headers:
      body === undefined ? {} : { 'content-type': bytes ? 'application/octet-stream' : 'application/json' },
  });
  const text = await reply.text();
  assert.ok(reply.ok, `${method} ${path}: ${reply.status} ${text}`);
  return JSON.parse(text) as T;
}

export async function seed(server: TestServer, { runs: count = 36, now = Date.now() } = {}): Promise<Seeded> {
  const versions = await seedData(server);
  const { id: experiment } = await api<{ id: string }>(server, 'POST', '/experiments', {
    name: 'flight-delay',
    note: 'Will a flight arrive late? Judged on the first week of the next month.',
    tags: { team: 'operations' },
  });
  await api(server, 'POST', '/experiments', { name: 'taxi-times' });
  const runs = new Map<string, string>();
  for (let i = 0; i < count; i++) {
    const name = i === count - 1 ? 'baseline-again' : `${['forest', 'boosted', 'linear'][i % 3]}-${i + 1}`;
    runs.set(name, await seedRun(server, experiment, name, i, count, now));
  }
  await seedModel(server, experiment, runs, versions);
  return { experiment, runs, versions };
}

async function seedData(server: TestServer): Promise<string[]> {
  const ids: string[] = [];
  for (const rows of [400, 700]) {
    const lines = ['date,origin,destination,distance,delay'];
    for (let i = 0; i < rows; i++)
      lines.push(
        `2001-01-${String((i % 28) + 1).padStart(2, '0')},${['SFO', 'JFK', 'ORD'][i % 3]},${['LAX', 'SEA'][i % 2]},${300 + ((i * 37) % 2200)},${((i * 7919) % 90) - 20}`,
      );
    const file = Buffer.from(lines.join('\n'));
    const hash = blake3(file);
    await api(server, 'PUT', `/data/blobs/${hash}`, file);
    const made = await api<{ version: { id: string } }>(server, 'POST', '/datasets/flights/versions', {
      files: [{ path: 'flights.csv', hash, size: file.length }],
      message: rows === 400 ? 'January' : 'January and February',
      source: 'https://www.transtats.bts.gov',
      branch: 'main',
    });
    ids.push(made.version.id);
  }
  return ids;
}

async function seedRun(
  server: TestServer,
  experiment: string,
  name: string,
  i: number,
  count: number,
  now: number,
): Promise<string> {
  const kind = ['forest', 'boosted', 'linear'][i % 3]!;
  const { id } = await api<{ id: string }>(server, 'POST', '/runs', {
    experiment,
    name,
    tags: { stage: i % 2 === 0 ? 'explore' : 'confirm' },
    code: {
      commit: '3f9a1c7d5e2b4a6890c1d2e3f4a5b6c7d8e9f0a1',
      branch: 'main',
      dirty: i % 5 === 0,
      command: `python train.py --model ${kind}`,
    },
    environment: {
      python: '3.12.4',
      machine: { cpus: 8, memory: '32 GiB' },
      packages: [`numpy==2.${i % 2}.1`, 'scikit-learn==1.5.2', 'mlflow==3.1.0'],
    },
  });
  await api(server, 'POST', `/runs/${id}/log`, {
    params: {
      model: kind,
      depth: String(3 + (i % 6)),
      rate: String([0.3, 0.1, 0.05][i % 3]),
      seed: String(7 + i),
      'feature/holiday': i % 4 === 0 ? 'true' : 'false',
    },
  });
  const steps = 120;
  const metrics: Json[] = [];
  for (let step = 0; step < steps; step++) {
    const wobble = Math.sin(step * 1.7 + i) * 0.012;
    const loss = 0.32 + 0.45 * Math.exp(-step / (18 + (i % 5) * 6)) + wobble;
    const time = now - (count - i) * 240_000 + step * 800;
    metrics.push({ key: 'train/loss', value: i === 4 && step === 60 ? 'NaN' : loss, step, time });
    metrics.push({ key: 'val/loss', value: loss + 0.02 + step / 6000, step, time });
    metrics.push({ key: 'val/auc', value: 0.72 - 0.2 * Math.exp(-step / (20 + i)) + wobble / 3, step, time });
  }
  metrics.push(
    { key: 'auc', value: 0.66 + ((i * 31) % 17) / 200, step: 0 },
    { key: 'logloss', value: 0.41 - ((i * 13) % 11) / 120, step: 0 },
  );
  await api(server, 'POST', `/runs/${id}/log`, { metrics });
  const finished = i !== count - 1;
  if (i === 1) await seedLongMetric(server, id, now);
  if (i < 3) {
    await seedArtifacts(server, id);
    await seedResources(server, id, now);
  }
  if (finished) await api(server, 'PATCH', `/runs/${id}`, { status: i === 7 ? 'failed' : 'finished' });
  if (i % 6 === 1)
    await api(server, 'PUT', `/runs/${id}/outcome`, {
      verdict: 'accepted',
      reason: 'AUC rose by 0.02 on the holdout, at the same latency.',
    });
  if (i % 6 === 3)
    await api(server, 'PUT', `/runs/${id}/outcome`, {
      verdict: 'rejected',
      reason: 'No better than the linear model, and ten times slower.',
    });
  return id;
}

/** Sixty thousand points with one spike that no thinning may lose. */
async function seedLongMetric(server: TestServer, run: string, now: number): Promise<void> {
  for (let from = 0; from < 60_000; from += 1000) {
    await api(server, 'POST', `/runs/${run}/log`, {
      metrics: Array.from({ length: 1000 }, (_, i) => {
        const step = from + i;
        return {
          key: 'grad_norm',
          value: step === 41_234 ? 25 : 1.6 + Math.sin(step / 900) * 0.7 + Math.sin(step * 12.9898) * 0.45,
          step,
          time: now - 3_600_000 + step * 50,
        };
      }),
    });
  }
}

async function seedResources(server: TestServer, run: string, now: number): Promise<void> {
  await api(server, 'POST', `/runs/${run}/resources`, {
    samples: Array.from({ length: 60 }, (_, i) => ({
      time: now - 600_000 + i * 2000,
      values: {
        cpu_utilization_percentage: 62 + Math.sin(i / 3) * 25,
        system_memory_usage_megabytes: 2100 + i * 14,
        network_receive_megabytes: i * 0.4,
      },
    })),
    cpu_seconds: 412.5,
    peak_memory_bytes: 3_221_225_472,
  });
}

async function seedArtifacts(server: TestServer, run: string): Promise<void> {
  const files: Record<string, string | Uint8Array> = {
    'README.md': '# What this run tried\n\nDeeper trees, slower rate.\n',
    'report/metrics.json': JSON.stringify({ auc: 0.71, by_origin: { SFO: 0.7, JFK: 0.72 } }),
    'report/errors.csv': 'origin,count,"share, %"\nSFO,120,4.2\nJFK,88,3.1\nORD,140,5.0\n',
    'plots/calibration.png': picture(320, 200),
    'model/model.pkl': Buffer.from([0x80, 5, 0x95]),
  };
  for (const [path, content] of Object.entries(files)) {
    await api(
      server,
      'PUT',
      `/runs/${run}/artifacts/${path}`,
      typeof content === 'string' ? Buffer.from(content) : content,
    );
  }
}

/** What the client's face would do: inputs and outputs of runs, and versions of a model. */
async function seedModel(
  server: TestServer,
  experiment: string,
  runs: ReadonlyMap<string, string>,
  versions: readonly string[],
): Promise<void> {
  const { ctx } = server;
  await api(server, 'POST', '/models', {
    name: 'flight-delay',
    description: 'Late arrival, from what is known before departure.',
  });
  for (const [n, name] of ['forest-1', 'boosted-2'].entries()) {
    const run = runs.get(name);
    if (run === undefined) continue;
    await tracking.logVersionRead(ctx, run, {
      name: 'flights',
      version: { id: versions[n]!, ref: `flights@v${n + 1}` },
      digest: '4f1a9c0d2b3e',
      context: 'training',
    });
    const logged = await models.createLoggedModel(ctx, { experiment, run, name: 'late-flight' });
    await tracking.logOutputs(ctx, run, [{ model: logged.id, step: 0 }]);
    await models.finalizeLoggedModel(ctx, logged.id, 'ready');
    await models.createVersion(ctx, { model: 'flight-delay', source: `models:/${logged.id}`, run_id: run });
  }
  await api(server, 'PUT', '/models/flight-delay/aliases/champion', {
    version: 1,
    reason: 'first that passed',
  });
}

/** A small PNG made here: a gradient, so that a broken preview cannot look right. */
function picture(width: number, height: number): Uint8Array {
  const raw = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++)
      raw.set([(x * 255) / width, (y * 255) / height, 150], y * (width * 3 + 1) + 1 + x * 3);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(raw)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  let crc = 0xffffffff;
  for (const byte of body) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  frame.writeUInt32BE(~crc >>> 0, 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
