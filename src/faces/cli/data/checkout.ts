import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { Blake3Hasher } from '@napi-rs/blake-hash';
import {
  ByteReader,
  canonicalPath,
  downloadBlobs,
  FRAME_HEADER,
  getVersion,
  listFiles,
  quoted,
  readFrameHeader,
  type DatasetVersion,
  type TreeEntry,
} from '../../../data/contract.ts';
import { invalid, unavailable } from '../../../platform/errors/index.ts';
import { makeFolders } from '../../../platform/files/index.ts';
import type { Client } from '../client.ts';
import { bytes, type Output } from '../output.ts';
import { count } from './commit.ts';
import { startProgress } from './progress.ts';

const PAGE = 20_000;
const BATCH_BYTES = 256 * 1024 * 1024;
const BATCH_BLOBS = 10_000;

/** Writes a version into a new or empty directory; it appears there whole, or not at all. */
export async function checkout(
  client: Client,
  output: Output,
  ref: { dataset: string; selector: string },
  target: string,
): Promise<{ version: DatasetVersion; files: number; bytes: number; directory: string }> {
  const directory = path.resolve(target);
  if (existsSync(directory) && readdirSync(directory).length > 0) {
    throw invalid(`the directory ${quoted(target)} is not empty`, {
      field: 'directory',
      hint: 'name a new one: a checkout never overwrites files',
    });
  }
  const version = await client.call(getVersion, { params: { dataset: ref.dataset, ref: ref.selector } });
  // From here on by its id: the branch may move while we read.
  const params = { dataset: ref.dataset, ref: version.id };
  const files: TreeEntry[] = [];
  for (let page: string | undefined; ;) {
    const list = await client.call(listFiles, {
      params,
      query: { recursive: true, limit: PAGE, ...(page === undefined ? {} : { page }) },
    });
    files.push(...list.items);
    if (list.next === undefined) break;
    page = list.next;
  }
  makeFolders(path.dirname(directory));
  const partial = `${directory}.treadle-${process.pid}`;
  const progress = startProgress(output, 'checkout', version.bytes);
  try {
    mkdirSync(partial);
    await fetchAll(client, params, files, partial, progress.add);
    renameSync(partial, directory); // over an empty directory, which rename allows
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    progress.done();
    throw error instanceof Error && 'code' in error && error.code === 'ENOSPC'
      ? unavailable('this disk is full; nothing was checked out', {
          hint: 'free some space, then check out again',
          cause: error,
        })
      : error;
  }
  progress.done(`wrote ${count(files.length, 'file')}, ${bytes(version.bytes)}`);
  return { version, files: files.length, bytes: version.bytes, directory };
}

async function fetchAll(
  client: Client,
  params: { dataset: string; ref: string },
  files: readonly TreeEntry[],
  root: string,
  step: (bytes: number, files: number) => void,
): Promise<void> {
  const wanted = Map.groupBy(files, ({ hash }) => hash);
  const folders = new Set<string>();
  let batch: string[] = [];
  let size = 0;
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const reader = new ByteReader(await client.call(downloadBlobs, { params, body: { hashes: batch } }));
    for (const hash of batch) {
      const header = await reader.take(FRAME_HEADER);
      if (header.length < FRAME_HEADER) throw damaged('the download was cut short');
      const frame = readFrameHeader(header);
      const [first, ...copies] = wanted.get(hash)!;
      if (frame.hash !== hash || frame.size !== first!.size)
        throw damaged('the server sent something else than was asked for');
      await writeFile(
        reader,
        place(root, first!, folders),
        first!,
        copies.map((copy) => ({ to: place(root, copy, folders), executable: copy.executable === true })),
      );
      step(frame.size * (1 + copies.length), 1 + copies.length);
    }
    // Read to its end, an answer gives its connection back; otherwise it would keep this program alive.
    if ((await reader.take(1)).length > 0) throw damaged('the server sent more than was asked for');
    batch = [];
    size = 0;
  };
  for (const [hash, [first]] of wanted) {
    batch.push(hash);
    size += first!.size;
    if (size >= BATCH_BYTES || batch.length >= BATCH_BLOBS) await flush();
  }
  await flush();
}

/** The server checked the names when they were committed; we check again before we write by them. */
function place(root: string, entry: TreeEntry, folders: Set<string>): string {
  const name = canonicalPath(entry.path);
  const folder = path.posix.dirname(name);
  if (!folders.has(folder)) {
    mkdirSync(path.join(root, folder), { recursive: true });
    folders.add(folder);
  }
  return path.join(root, name);
}

async function writeFile(
  reader: ByteReader,
  to: string,
  entry: TreeEntry,
  copies: ReadonlyArray<{ to: string; executable: boolean }>,
): Promise<void> {
  const targets = [to, ...copies.map((copy) => copy.to)].map((file) => openSync(file, 'wx'));
  const hasher = new Blake3Hasher();
  let left = entry.size;
  try {
    for await (const chunk of reader.stream(entry.size)) {
      hasher.update(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
      left -= chunk.length;
      for (const fd of targets) for (let done = 0; done < chunk.length;) done += writeSync(fd, chunk, done);
    }
  } finally {
    for (const fd of targets) closeSync(fd);
  }
  if (left > 0) throw damaged('the download was cut short');
  if (hasher.digest('hex') !== entry.hash)
    throw damaged(`the bytes of ${quoted(entry.path)} are not those that were committed`);
  if (entry.executable === true) chmodSync(to, 0o755);
  for (const copy of copies) if (copy.executable) chmodSync(copy.to, 0o755);
}

const damaged = (what: string): Error =>
  unavailable(`${what}; nothing was checked out`, { hint: 'check out again', code: 'download' });
