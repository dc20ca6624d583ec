import { createReadStream } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { openBelow, type Unopened } from '../../platform/files/index.ts';
import type { BlobInput, BlobStore } from '../../platform/blobs/index.ts';
import { TreadleError } from '../../platform/errors/index.ts';
import type { StepOutput } from '../contract.ts';
import type { Output } from '../file/definition.ts';
import { canonical } from '../../platform/json/index.ts';
import { inside } from './place.ts';

/** One file of a folder that a step wrote. */
export interface OutputFile {
  path: string;
  hash: string;
  size: number;
  executable?: boolean;
}

interface Found {
  output: Output;
  folder: boolean;
  files: Array<{ path: string; executable: boolean }>;
}

const MAX_FILES = 200_000;
const fault = (message: string, hint?: string): TreadleError =>
  new TreadleError('invalid', message, { code: 'output', ...(hint === undefined ? {} : { hint }) });

/**
 * Takes what a step wrote into the blobs: a folder as the list of its files, itself a blob. `log` goes along, so that one
 * sync to disk serves all. An output that is missing, or is no plain file or folder, is an error of the step. No link is followed
 * anywhere below `folder`, which is a real path: a step may name what it likes, and the server would read it with its own rights.
 */
export async function collectOutputs(
  blobs: BlobStore,
  folder: string,
  outputs: readonly Output[],
  log: string | undefined,
): Promise<{ outputs: StepOutput[]; log: { hash: string; size: number } | undefined }> {
  const found: Found[] = [];
  for (const output of outputs) found.push(await find(folder, output));
  const places: Place[] = [
    ...found.flatMap(({ output, folder: isFolder, files }) =>
      files.map((file) => ({
        root: folder,
        path: isFolder ? `${output.path}/${file.path}` : output.path,
      })),
    ),
    ...(log === undefined ? [] : [{ root: path.dirname(log), path: path.basename(log) }]),
  ];
  const infos = await blobs.putMany(reading(places));
  const logInfo = log === undefined ? undefined : infos.at(-1);
  let next = 0;
  const lists = found.map(({ files }) =>
    files.map(({ path: name, executable }): OutputFile => ({
      path: name,
      ...infos[next++]!,
      ...(executable ? { executable } : {}),
    })),
  );
  const manifests = found.flatMap((one, i) =>
    one.folder ? [{ i, bytes: Buffer.from(canonical(lists[i])) }] : [],
  );
  const stored = manifests.length === 0 ? [] : await blobs.putMany(manifests.map(({ bytes }) => ({ bytes })));
  return {
    log: logInfo,
    outputs: found.map(({ output, folder: isFolder }, i): StepOutput => {
      const files = lists[i]!;
      const manifest = isFolder ? stored[manifests.findIndex((one) => one.i === i)] : undefined;
      return {
        name: output.name,
        path: output.path,
        kind: isFolder ? 'folder' : 'file',
        digest: manifest?.hash ?? files[0]!.hash,
        size: files.reduce((sum, { size }) => sum + size, 0),
        files: files.length,
      };
    }),
  };
}

interface Place {
  root: string;
  path: string;
}

/** A stream opens its file when it is made: one at a time, so that thousands of outputs never hold thousands of files open. */
function* reading(places: readonly Place[]): Generator<BlobInput> {
  for (const place of places) {
    const fd = openBelow(place.root, place.path);
    if (typeof fd !== 'number') throw unopened(place.path, fd);
    yield { bytes: createReadStream('', { fd }) };
  }
}

const unopened = (name: string, why: Unopened): TreadleError =>
  why === 'gone'
    ? fault(`the output '${name}' went away while it was read`, 'end what the step started before it ends')
    : why === 'link'
      ? fault(`a link leads to the output '${name}'`, LINKS)
      : fault(`the output '${name}' is neither a file nor a folder`, LINKS);

const LINKS = 'links are not followed; write the file itself';

async function find(root: string, output: Output): Promise<Found> {
  const at = inside(root, output.path);
  await checkParents(root, output.path);
  const stat = await lstat(at).catch(() => undefined);
  if (!stat)
    throw fault(
      `the step ended well but did not write '${output.path}'`,
      'write it there, or correct the path under out',
    );
  if (stat.isFile() && !output.folder)
    return { output, folder: false, files: [{ path: path.basename(output.path), executable: false }] };
  if (!stat.isDirectory())
    throw fault(
      `the output '${output.path}' is ${stat.isFile() ? 'a file, and the file says that it is a folder' : `${stat.isSymbolicLink() ? 'a link, ' : ''}neither a file nor a folder`}`,
      stat.isFile() ? 'leave out the slash at its end' : LINKS,
    );
  const files: Found['files'] = [];
  await walk(at, '', files);
  if (files.length === 0)
    throw fault(
      `the step ended well but left the folder '${output.path}' empty`,
      'write at least one file into it',
    );
  return { output, folder: true, files: files.toSorted((a, b) => (a.path < b.path ? -1 : 1)) };
}

/** Says which folder is a link while that can be told; what changes afterwards is met when the file is opened. */
async function checkParents(root: string, output: string): Promise<void> {
  const parts = output.split('/');
  for (let i = 1; i < parts.length; i++) {
    const folder = parts.slice(0, i).join('/');
    const stat = await lstat(path.join(root, folder)).catch(() => undefined);
    if (stat?.isSymbolicLink() === true)
      throw fault(`the folder '${folder}' of the output '${output}' is a link`, LINKS);
  }
}

async function walk(root: string, below: string, files: Found['files']): Promise<void> {
  for (const entry of await readdir(path.join(root, below), { withFileTypes: true })) {
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (/[\p{Cc}\\]/u.test(entry.name))
      throw fault(
        `the output file ${JSON.stringify(name)} has a name with a control character or a backslash`,
        'give it a plain name',
      );
    if (entry.isDirectory()) await walk(root, name, files);
    else if (entry.isFile())
      files.push({ path: name, executable: ((await lstat(path.join(root, name))).mode & 0o100) !== 0 });
    else
      throw fault(
        `the output '${name}' is ${entry.isSymbolicLink() ? 'a link, ' : ''}neither a file nor a folder`,
        LINKS,
      );
    if (files.length > MAX_FILES)
      throw fault(
        `an output folder holds more than ${MAX_FILES} files`,
        'pack them into fewer, larger files',
      );
  }
}

/** The files of a folder output, from its list. */
export async function outputFiles(blobs: BlobStore, output: StepOutput): Promise<OutputFile[]> {
  if (output.kind === 'file')
    return [{ path: path.basename(output.path), hash: output.digest, size: output.size }];
  return JSON.parse((await blobs.read(output.digest, 64 << 20)).toString('utf8')) as OutputFile[]; // written by collectOutputs
}

/** Every blob that outputs are made of: a cached result counts only while all of them exist. */
export async function blobsOf(
  blobs: BlobStore,
  outputs: readonly StepOutput[],
): Promise<string[] | undefined> {
  const hashes: string[] = [];
  for (const output of outputs) {
    hashes.push(output.digest);
    if (output.kind !== 'folder') continue;
    const files = await outputFiles(blobs, output).catch(() => undefined);
    if (!files) return undefined;
    for (const { hash } of files) hashes.push(hash);
  }
  return hashes;
}
