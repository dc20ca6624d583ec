import { createHash } from 'node:crypto';
import { blake3 } from '@napi-rs/blake-hash';
import { sleep } from './server-process.ts';

/** What a client was told is done. After all kills every entry must be there, whole. */
export interface Acknowledged {
  batches: Set<number>;
  artifacts: Set<number>;
  versions: Map<number, string>;
}

export interface Told extends Acknowledged {
  experiment: string;
  run: string;
}

/** Bytes that anybody can make again from their number: 1 byte to some MiB, now and then large enough for a file of its own. */
export function bytesOf(seed: number): Buffer {
  const size = seed % 23 === 0 ? 9_000_000 : seed % 5 === 0 ? 300_000 : 1 + ((seed * 7919) % 20_000);
  const block = createHash('sha512').update(String(seed)).digest();
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += block.length) block.copy(bytes, at);
  return bytes;
}

const json = { 'content-type': 'application/json' };

/** One request; undefined when the server was not there or died on it, so that nobody knows what came of it. */
async function attempt(url: string, init: RequestInit): Promise<Response | undefined> {
  try {
    const answer = await fetch(url, init);
    const body = await answer.arrayBuffer();
    return new Response(body, { status: answer.status });
  } catch {
    await sleep(20);
    return undefined;
  }
}

async function expectOk(answer: Response, what: string): Promise<void> {
  if (answer.status !== 200)
    throw new Error(`${what} was refused with ${answer.status}: ${await answer.text()}`);
}

export async function openRun(url: string): Promise<{ experiment: string; run: string }> {
  const post = async (path: string, body: object): Promise<unknown> => {
    const answer = await fetch(`${url}/api/2.0/mlflow/${path}`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify(body),
    });
    await expectOk(answer.clone(), path);
    return answer.json();
  };
  const { experiment_id: experiment } = (await post('experiments/create', { name: 'killed' })) as {
    experiment_id: string;
  };
  const { run } = (await post('runs/create', { experiment_id: experiment, start_time: Date.now() })) as {
    run: { info: { run_id: string } };
  };
  return { experiment, run: run.info.run_id };
}

/** Logs batches of two metrics; both halves of a batch must be there, or neither. */
export async function logMetrics(url: string, told: Told, going: () => boolean): Promise<void> {
  for (let i = 0; going(); i++) {
    const point = (key: string): object => ({ key, value: i, step: i, timestamp: 1_700_000_000_000 + i });
    const body = JSON.stringify({ run_id: told.run, metrics: [point('left'), point('right')] });
    const answer = await attempt(`${url}/api/2.0/mlflow/runs/log-batch`, {
      method: 'POST',
      headers: json,
      body,
    });
    if (!answer) continue;
    await expectOk(answer, `batch ${i}`);
    told.batches.add(i);
  }
}

export async function uploadArtifacts(url: string, told: Told, going: () => boolean): Promise<void> {
  for (let i = 0; going(); i++) {
    const path = `${told.experiment}/${told.run}/artifacts/files/${i}.bin`;
    const answer = await attempt(`${url}/api/2.0/mlflow-artifacts/artifacts/${path}`, {
      method: 'PUT',
      body: new Uint8Array(bytesOf(i)),
    });
    if (!answer) continue;
    await expectOk(answer, `artifact ${i}`);
    told.artifacts.add(i);
  }
}

/** Commits versions of three files, one of them new each time. */
export async function commitData(url: string, told: Told, going: () => boolean): Promise<void> {
  for (let i = 1; going(); i++) {
    const files = [1_000_000 + i, 2_000_000 + (i % 7), 3_000_000].map((seed) => ({
      seed,
      bytes: bytesOf(seed),
      path: `dir/${seed}.bin`,
    }));
    const entries = files.map(({ bytes, path }) => ({
      path,
      size: bytes.length,
      hash: Buffer.from(blake3(bytes)).toString('hex'),
    }));
    const frames = files.flatMap(({ bytes }, at) => {
      const size = Buffer.alloc(8);
      size.writeBigUInt64LE(BigInt(bytes.length));
      return [Buffer.from(entries[at]!.hash, 'hex'), size, bytes];
    });
    const sent = await attempt(`${url}/api/v1/data/blobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: new Uint8Array(Buffer.concat(frames)),
    });
    if (!sent) continue;
    await expectOk(sent, `blobs of ${i}`);
    const body = JSON.stringify({ files: entries, message: `commit ${i}` });
    const answer = await attempt(`${url}/api/v1/datasets/killed/versions`, {
      method: 'POST',
      headers: json,
      body,
    });
    if (!answer) continue;
    await expectOk(answer.clone(), `commit ${i}`);
    const { version } = (await answer.json()) as { version: { hash: string } };
    told.versions.set(i, version.hash);
  }
}
