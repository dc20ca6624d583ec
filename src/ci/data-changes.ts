import { countRows, diffTrees } from '../data/index.ts';
import type { DataInput } from '../pipelines/contract.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { TreadleError } from '../platform/errors/index.ts';
import type { DataChange } from './contract.ts';

/** The dataset versions that an execution read, beside those of the base. */
export async function dataChanges(
  ctx: Ctx,
  now: readonly DataInput[],
  base: readonly DataInput[] | undefined,
): Promise<DataChange[]> {
  const before = new Map(base?.map((input) => [input.name, input]));
  return Promise.all(
    now.map((input) => changeOf(ctx, input, base && before.get(input.name), base !== undefined)),
  );
}

async function changeOf(
  ctx: Ctx,
  { name, sample, ...input }: DataInput,
  before: DataInput | undefined,
  compared: boolean,
): Promise<DataChange> {
  // Of a sample it is told what changed in that of which it is one.
  const { dataset, version, version_id, hash } = sample
    ? { ...atRef(sample.of), version_id: sample.version_id, hash: sample.hash }
    : input;
  const rows = await countRows(ctx, version_id);
  const head = {
    name,
    dataset,
    version,
    ...(rows === undefined ? {} : { rows }),
    ...(sample
      ? { sample: { of: sample.of, unit: sample.unit, kept: sample.kept, total: sample.total } }
      : {}),
  };
  if (!before)
    return { ...head, text: compared ? 'the base branch does not read it' : 'nothing to compare with' };
  if (before.hash === hash && before.dataset === dataset)
    return { ...head, before: before.version, text: 'the same' };
  const files = await countsOf(ctx, before.hash, hash);
  const rows_before = await countRows(ctx, before.version_id);
  return {
    ...head,
    before: before.dataset === dataset ? before.version : `${before.dataset}@${before.version}`,
    ...(files ? { files } : {}),
    ...(rows_before === undefined ? {} : { rows_before }),
    text: files ? filesInWords(files) : 'another version; the one before can no longer be read',
  };
}

const atRef = (ref: string): { dataset: string; version: string } => {
  const [dataset = '', version = ''] = ref.split('@');
  return { dataset, version };
};

/** Undefined where the version of then was deleted since. */
async function countsOf(ctx: Ctx, from: string, to: string): Promise<DataChange['files'] | undefined> {
  try {
    return (await diffTrees(ctx, from, to)).counts;
  } catch (error) {
    if (error instanceof TreadleError && error.kind === 'missing') return undefined;
    throw error;
  }
}

function filesInWords(files: NonNullable<DataChange['files']>): string {
  const parts = (['added', 'removed', 'modified', 'renamed'] as const).flatMap((what) =>
    files[what] === 0 ? [] : [`${files[what].toLocaleString('en')} ${what}`],
  );
  return parts.length === 0 ? 'the same files' : `files: ${parts.join(', ')}`;
}
