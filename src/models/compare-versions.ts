import { isDeepStrictEqual } from 'node:util';
import type { Ctx } from '../platform/ctx/index.ts';
import type { Comparison, ModelVersion } from './contract.ts';
import { listModelFiles } from './files.ts';
import { findVersionBy } from './find-version.ts';
import { toVersion } from './store-versions.ts';
import { findRun } from './version-detail.ts';

/** How two versions of a model differ: in what they say, in the metrics and params of their runs, and file by file. */
export async function compareVersions(
  ctx: Ctx,
  name: string,
  whichA: string,
  whichB: string,
): Promise<Comparison> {
  const [a, b] = await Promise.all([side(ctx, name, whichA), side(ctx, name, whichB)]);
  const keys = [...new Set([...a.facts.keys(), ...b.facts.keys()])].toSorted();
  const differences = keys
    .filter((field) => !isDeepStrictEqual(a.facts.get(field), b.facts.get(field)))
    .map((field) => ({
      field,
      ...(a.facts.has(field) ? { a: a.facts.get(field) } : {}),
      ...(b.facts.has(field) ? { b: b.facts.get(field) } : {}),
    }));
  const files = {
    added: [...b.files.keys()].filter((path) => !a.files.has(path)),
    removed: [...a.files.keys()].filter((path) => !b.files.has(path)),
    changed: [...a.files]
      .filter(([path, digest]) => b.files.has(path) && b.files.get(path) !== digest)
      .map(([path]) => path),
  };
  const known = a.files.size > 0 && b.files.size > 0;
  return {
    a: a.version,
    b: b.version,
    same_files: known && Object.values(files).every((list) => list.length === 0),
    differences,
    files,
  };
}

async function side(ctx: Ctx, name: string, which: string) {
  const row = await findVersionBy(ctx, name, which);
  const [version, files, run] = await Promise.all([
    toVersion(ctx, row),
    listModelFiles(ctx, row.location),
    row.run_id === null ? undefined : findRun(ctx, row.run_id),
  ]);
  const facts = new Map<string, unknown>(describe(version));
  for (const { key, last } of run?.metrics ?? []) facts.set(`metrics.${key}`, last);
  for (const [key, value] of Object.entries(run?.params ?? {})) facts.set(`params.${key}`, value);
  for (const { name: dataset, digest, context } of run?.inputs ?? [])
    facts.set(`data.${context ?? 'input'}.${dataset}`, digest);
  return { version, files: new Map(files.map(({ path, digest }) => [path, digest])), facts };
}

function* describe(version: ModelVersion): Generator<[string, unknown]> {
  for (const field of [
    'description',
    'source',
    'run_id',
    'logged_model_id',
    'stage',
    'created_by',
  ] as const) {
    if (version[field] !== undefined) yield [field, version[field]];
  }
  for (const [key, value] of Object.entries(version.tags)) yield [`tags.${key}`, value];
  if (version.aliases.length > 0) yield ['aliases', version.aliases];
  const { facts } = version;
  if (!facts) return;
  yield ['size', facts.size];
  yield ['flavors', Object.keys(facts.flavors).toSorted()];
  for (const field of [
    'signature',
    'requirements',
    'mlflow_version',
    'python_version',
    'input_example',
    'problem',
  ] as const) {
    if (facts[field] !== undefined) yield [field, facts[field]];
  }
}
