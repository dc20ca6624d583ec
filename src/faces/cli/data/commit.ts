import {
  commitVersion,
  getDataset,
  quoted,
  requireDatasetName,
  requireRefName,
  type Committed,
} from '../../../data/contract.ts';
import { invalid, TreadleError } from '../../../platform/errors/index.ts';
import type { Client } from '../client.ts';
import { bytes, type Output } from '../output.ts';
import { openHashCache } from './hash-cache.ts';
import { startProgress } from './progress.ts';
import { scan } from './scan.ts';
import { upload } from './upload.ts';

export interface CommitOptions {
  message?: string;
  source?: string;
  meta?: string[];
  branch: string;
  allowEmpty?: boolean;
  allowBroken?: boolean;
  followLinks?: boolean;
}

/** Reads, uploads what is new, and commits against the branch as it was when the command began. */
export async function commit(
  client: Client,
  output: Output,
  dataset: string,
  target: string,
  options: CommitOptions,
): Promise<Committed & { new_bytes: number; new_blobs: number }> {
  requireDatasetName(dataset);
  requireRefName(options.branch, 'branch');
  const meta = toMeta(options.meta ?? []);
  const {
    root,
    files,
    bytes: total,
    respelled,
  } = scan(target, { followLinks: options.followLinks === true });
  if (respelled.length > 0)
    output.say(
      `${count(respelled.length, 'name')} ${respelled.length === 1 ? 'is' : 'are'} stored composed (NFC), as every dataset spells its names: ${respelled.slice(0, 3).map(quoted).join(', ')}${respelled.length > 3 ? ', …' : ''}`,
    );
  const expected = await headOf(client, dataset, options.branch);
  const cache = openHashCache(root);
  const progress = startProgress(output, 'commit', total);
  const sent = await upload(client, files, cache, progress.add).catch((error: unknown) => {
    progress.done();
    throw error;
  });
  progress.done(
    `read ${count(files.length, 'file')}, ${bytes(total)}; uploaded ${bytes(sent.newBytes)} in ${count(sent.newBlobs, 'new blob')}`,
  );
  const committed = await client.call(commitVersion, {
    params: { dataset },
    body: {
      files: sent.files,
      branch: options.branch,
      expected,
      ...(options.message === undefined ? {} : { message: options.message }),
      ...(options.source === undefined ? {} : { source: options.source }),
      ...(Object.keys(meta).length > 0 ? { meta } : {}),
      allow: [
        ...(options.allowEmpty === true ? ['empty' as const] : []),
        ...(options.allowBroken === true ? ['broken' as const] : []),
      ],
    },
  });
  cache.save();
  return { ...committed, new_bytes: sent.newBytes, new_blobs: sent.newBlobs };
}

export const count = (n: number, noun: string): string =>
  `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;

async function headOf(client: Client, dataset: string, branch: string): Promise<string | null> {
  try {
    const { refs } = await client.call(getDataset, { params: { dataset } });
    return refs.find(({ name, kind }) => name === branch && kind === 'branch')?.version_id ?? null;
  } catch (error) {
    if (error instanceof TreadleError && error.kind === 'missing') return null;
    throw error;
  }
}

function toMeta(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1)
        throw invalid(`--meta '${pair}' is not key=value`, {
          field: 'meta',
          hint: 'write it as --meta sensor=A7',
        });
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
