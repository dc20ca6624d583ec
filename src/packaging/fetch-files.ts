import { Blake3Hasher } from '@napi-rs/blake-hash';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { VersionDetail } from '../models/contract.ts';
import { invalid, unavailable } from '../platform/errors/index.ts';
import { isPlainPath } from './plain-path.ts';

/** Brings the files of a version into a folder, each checked by its digest. */
export async function fetchFiles(
  { version, files }: VersionDetail,
  folder: string,
  fetch: (file: string) => Promise<Readable>,
): Promise<Array<{ path: string; file: string }>> {
  if (files.length === 0)
    throw invalid(`version ${version.version} of '${version.model}' has no files on the server`, {
      field: 'model',
      hint: `its source is ${version.source}; log the model to the server and register it from there`,
    });
  if ((version.facts?.files ?? files.length) > files.length)
    throw invalid(`the model has ${version.facts?.files} files, and ${files.length} can be packaged`, {
      field: 'model',
      hint: 'put its small files into one archive that the model reads',
    });
  const placed: Array<{ path: string; file: string }> = [];
  for (const { path: name, digest, size } of files) {
    if (!isPlainPath(name))
      throw invalid(`the model has a file of a name that cannot be placed: ${JSON.stringify(name)}`, {
        field: 'model',
      });
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    const hasher = new Blake3Hasher();
    let got = 0;
    await pipeline(
      await fetch(name),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hasher.update(chunk);
          got += chunk.length;
          yield chunk;
        }
      },
      createWriteStream(file, { flags: 'wx' }),
    );
    if (got !== size || hasher.digest('hex') !== digest)
      throw unavailable(`the bytes of ${name} are not those that were registered; nothing was packaged`, {
        hint: 'package it again',
        code: 'download',
      });
    placed.push({ path: name, file });
  }
  return placed;
}
