import { frameHeader } from '../../src/data/contract.ts';
import { blake3 } from '../../src/platform/blobs/hash.ts';
import { jsonBody } from './ask.ts';
import { expect, json, range, type Stalls } from './stalls.ts';

export const contentOf = (i: number): Buffer => Buffer.from(`content ${i}\n`);
export const hashOf = (i: number): string => blake3(contentOf(i));

/** Frames of an upload; a little work between two pieces keeps this process answering. */
export function frames(from: number, to: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = from; at < to; at += 1000)
    pieces.push(
      Buffer.concat(
        [
          ...range(at, Math.min(to, at + 1000), (i) => [
            frameHeader(hashOf(i), contentOf(i).length),
            contentOf(i),
          ]),
        ].flat(),
      ),
    );
  return pieces;
}

/** Datasets, and what the whole store is asked afterwards. */
export async function dataRows({ files, sized, measure, post, get, del }: Stalls): Promise<void> {
  const hashes = [...range(0, files, hashOf)];
  const fileOf = (i: number, folder = 'data') => ({
    path: `${folder}/part-${String(i % 500).padStart(3, '0')}/sample-${String(i).padStart(8, '0')}.bin`,
    hash: hashes[i],
    size: contentOf(i).length,
  });
  const send = (from: number, to: number) =>
    post('/api/v1/data/blobs', frames(from, to), 'application/octet-stream');
  const asked = sized(50_000);
  const missing = async () =>
    expect(await post('/api/v1/data/missing', jsonBody({}, 'hashes', hashes.slice(0, asked))));

  await measure('POST /data/missing', `${asked} hashes, none here`, missing);
  const upload = sized(100_000);
  await measure('POST /data/blobs', `${upload} small blobs in one request`, async () =>
    expect(await send(0, upload)),
  );
  await measure('POST /data/blobs', `${upload} small blobs, all here`, async () =>
    expect(await send(0, upload)),
  );
  for (let at = upload; at < files; at += 100_000) expect(await send(at, Math.min(files, at + 100_000)));
  await measure('POST /data/missing', `${asked} hashes, all here`, missing);

  const versions = '/api/v1/datasets/bench/versions';
  const commits: Array<[what: string, file: (i: number) => unknown, status?: number]> = [
    ['', (i) => fileOf(i)],
    [', one of them new', (i) => fileOf(i, i === 0 ? 'moved' : 'data')],
    [', all moved', (i) => fileOf(i, 'elsewhere')],
    [' in folders of their own', (i) => ({ ...fileOf(i), path: `f${i}/file.bin` })],
    [' in one folder', (i) => ({ ...fileOf(i), path: `all/${i}.bin` })],
    [', tables all of them', (i) => ({ ...fileOf(i), path: `t/${i % 100}/${i}.jsonl` })],
    [', the last one named twice', (i) => fileOf(i === files - 1 ? 0 : i), 400],
  ];
  for (const [what, file, status = 200] of commits) {
    const body = jsonBody({ message: 'bench' }, 'files', range(0, files, file));
    await measure('POST /datasets/:d/versions', `${files} files${what}`, async () =>
      expect(await post(versions, body), status),
    );
  }
  const page = (query: string) => async () => expect(await get(`${versions}/${query}`));
  const last = Math.max(0, files - 50_000);
  const listing = 'GET /datasets/:d/versions/:ref/files';
  await measure(
    listing,
    '50,000 a page, the last one',
    page(`v1/files?recursive=true&limit=50000&page=${last}`),
  );
  await measure(
    listing,
    `50,000 of ${files} folders, the last page`,
    page(`v4/files?limit=50000&page=${last}`),
  );
  await measure(
    listing,
    `50,000 of ${files} files of one folder, the last page`,
    page(`v5/files?path=all&limit=50000&page=${last}`),
  );
  const differences: Array<[what: string, from: string, to: string]> = [
    ['files renamed', 'v1', 'v3'],
    ['files moved into folders of their own', 'v1', 'v4'],
    ['files moved from folders of their own into one', 'v4', 'v5'],
  ];
  for (const [what, from, to] of differences)
    await measure('GET /datasets/:d/diff', `${files} ${what}`, async () =>
      expect(await get(`/api/v1/datasets/bench/diff?from=${from}&to=${to}&limit=50000`)),
    );
  await measure('POST /datasets/:d/versions/:ref/blobs', `${asked} blobs`, async () =>
    expect(await post(`${versions}/v1/blobs`, jsonBody({}, 'hashes', hashes.slice(0, asked)))),
  );
  await measure('GET /store/space', `${files} blobs, six versions`, async () =>
    expect(await get('/api/v1/store/space')),
  );
  await measure('GET /store/verify', `${files} blobs`, async () => expect(await get('/api/v1/store/verify')));
  await measure('POST /store/gc', 'dry run', async () =>
    expect(await post('/api/v1/store/gc', json({ dry_run: true }))),
  );
  await measure('DELETE /datasets/:d', 'all its versions', async () =>
    expect(await del('/api/v1/datasets/bench')),
  );
  await measure('POST /store/gc', 'of a dataset that was deleted', async () =>
    expect(await post('/api/v1/store/gc', json({}))),
  );
}
