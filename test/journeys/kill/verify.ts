import assert from 'node:assert/strict';
import { blake3 } from '@napi-rs/blake-hash';
import { bytesOf, type Told } from './clients.ts';

/** What must hold after every kill: all that was acknowledged is there, and whatever is there is whole. */
export async function verify(url: string, told: Told): Promise<void> {
  await verifyMetrics(url, told);
  await verifyArtifacts(url, told);
  await verifyVersions(url, told);
}

async function get<T>(url: string): Promise<T> {
  const answer = await fetch(url);
  assert.equal(answer.status, 200, `${url}: ${answer.status}`);
  // The shapes are those of the published protocols.
  return (await answer.json()) as T;
}

async function verifyMetrics(url: string, told: Told): Promise<void> {
  const history = async (key: string): Promise<Set<number>> => {
    const steps = new Set<number>();
    for (let token = ''; ;) {
      const page = await get<{ metrics?: Array<{ step?: number; value: number }>; next_page_token?: string }>(
        `${url}/api/2.0/mlflow/metrics/get-history?run_id=${told.run}&metric_key=${key}&max_results=20000&page_token=${token}`,
      );
      for (const { step = 0, value } of page.metrics ?? []) {
        assert.equal(value, step);
        steps.add(step);
      }
      if (!page.next_page_token) return steps;
      token = encodeURIComponent(page.next_page_token);
    }
  };
  const [left, right] = [await history('left'), await history('right')];
  assert.deepEqual(left.symmetricDifference(right), new Set(), 'a batch was written by half');
  assert.deepEqual(told.batches.difference(left), new Set(), 'acknowledged metrics are gone');
}

async function verifyArtifacts(url: string, told: Told): Promise<void> {
  const folder = `${told.experiment}/${told.run}/artifacts/files`;
  const { files = [] } = await get<{ files?: Array<{ path: string; file_size?: number }> }>(
    `${url}/api/2.0/mlflow-artifacts/artifacts?path=${folder}`,
  );
  const seeds = new Set(files.map(({ path }) => Number(path.replace('.bin', ''))));
  assert.deepEqual(told.artifacts.difference(seeds), new Set(), 'acknowledged artifacts are gone');
  for (const seed of seeds) {
    const answer = await fetch(`${url}/api/2.0/mlflow-artifacts/artifacts/${folder}/${seed}.bin`);
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.ok(bytes.equals(bytesOf(seed)), `artifact ${seed} is not what was sent (${bytes.length} bytes)`);
  }
}

interface Version {
  id: string;
  name: string;
  hash: string;
}

async function verifyVersions(url: string, told: Told): Promise<void> {
  const versions: Version[] = [];
  for (let page: string | undefined; ;) {
    const answer = await get<{ items: Version[]; next?: string }>(
      `${url}/api/v1/datasets/killed/versions?limit=1000${page === undefined ? '' : `&page=${encodeURIComponent(page)}`}`,
    );
    versions.push(...answer.items);
    page = answer.next;
    if (page === undefined) break;
  }
  const hashes = new Set(versions.map(({ hash }) => hash));
  for (const [commit, hash] of told.versions)
    assert.ok(hashes.has(hash), `acknowledged commit ${commit} is gone`);
  for (const { name } of versions) {
    const base = `${url}/api/v1/datasets/killed/versions/${name}`;
    const { items } = await get<{ items: Array<{ path: string; hash: string }> }>(
      `${base}/files?recursive=true&limit=100`,
    );
    assert.equal(items.length, 3, `${name} is not whole`);
    for (const { path, hash } of items) {
      const bytes = Buffer.from(
        await (await fetch(`${base}/content?path=${encodeURIComponent(path)}`)).arrayBuffer(),
      );
      assert.equal(blake3(bytes).toString('hex'), hash, `${name}/${path} is not what its tree says`);
    }
  }
}
