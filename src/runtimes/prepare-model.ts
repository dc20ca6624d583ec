import { createHash } from 'node:crypto';
import { getVersion, getVersionLocation, listModelFiles } from '../models/index.ts';
import type { ModelFacts, ModelFile, ModelVersion } from '../models/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import { machineMemory } from '../platform/machine/index.ts';
import type { Processes } from '../platform/processes/index.ts';
import type { ModelPlace, RuntimeLimits } from './model.ts';
import { probeOnnx } from './onnx/probe.ts';
import { placeFiles, type PlacedFile } from './place.ts';
import { isPlain } from './spec/describe.ts';

export interface PrepareOptions {
  runtime?: ModelPlace['runtime'] | undefined;
  limits?: Partial<RuntimeLimits> | undefined;
}

/** What the room's parts hand to `prepareModel`. */
export interface Preparing {
  processes: Processes;
  /** Where folders of models go. */
  root: string;
  /** The interpreter of the model's own environment, which is made where it is not there. */
  environment(
    ctx: Ctx,
    files: readonly ModelFile[],
    facts: ModelFacts | undefined,
    say: Say,
  ): Promise<string>;
  /** The ONNX form that was made of these files and kept. */
  conversion(
    ctx: Ctx,
    version: ModelVersion,
    files: readonly ModelFile[],
  ): Promise<{ digest: string } | undefined>;
}

export type Say = (text: string) => void;

const GiB = 1024 ** 3;
/** Half of the machine, and never less than a model of common size takes: it guards against leaks, not against big models. */
const MEMORY = Math.max(2, Math.floor(machineMemory() / 2 / GiB)) * GiB;
const LIMITS: Readonly<Record<ModelPlace['runtime'], RuntimeLimits>> = {
  onnx: { load: 60_000, predict: 30_000, memory: MEMORY, batch: 128, threads: 1, hosts: 1 },
  python: { load: 120_000, predict: 30_000, memory: MEMORY, batch: 128, threads: 1, hosts: 1 },
};
export const limitsOf = (runtime: ModelPlace['runtime']): RuntimeLimits => ({ ...LIMITS[runtime] });
/** A conversion lies beside the model's own files under this name. */
export const CONVERTED = 'treadle-converted.onnx';

/** Brings a version's files and, for Python, its environment to this machine, and says how to load it. */
export async function prepareModel(
  ctx: Ctx,
  { model, version: which }: { model: string; version: number | string },
  { runtime, limits }: PrepareOptions,
  say: Say,
  using: Preparing,
): Promise<ModelPlace> {
  const version = await getVersion(ctx, model, String(which));
  const files = await listModelFiles(ctx, await getVersionLocation(ctx, model, String(version.version)));
  if (files.length === 0)
    throw invalid(
      `version ${version.version} of model '${model}' has no files here; its source is ${version.source}`,
      {
        field: 'version',
        hint: 'log the model to this server and register it from there',
      },
    );
  const { facts } = version;
  const own = ownOnnx(files, facts);
  const kept =
    own === undefined && runtime !== 'python' ? await using.conversion(ctx, version, files) : undefined;
  const chosen = runtime ?? (own !== undefined || kept ? 'onnx' : 'python');
  const all = { ...LIMITS[chosen], ...limits };

  if (chosen === 'onnx') {
    const file = own ?? (kept ? CONVERTED : undefined);
    if (file === undefined)
      throw invalid(`version ${version.version} of model '${model}' has no ONNX form`, {
        field: 'runtime',
        hint: 'leave runtime out to serve it in its own Python environment, or convert it first',
      });
    const placed: PlacedFile[] =
      kept && own === undefined ? [...files, { path: CONVERTED, digest: kept.digest }] : files;
    say('bringing the model’s files here');
    const folder = await placeFiles(ctx, using.root, placed);
    await using.processes.letRead(folder);
    const place = keyed({ folder, runtime: 'onnx', file, limits: all });
    say('trying the model in a process of its own');
    await probeOnnx(place, using.processes);
    return place;
  }
  if (facts && facts.problem === undefined && !('python_function' in facts.flavors))
    throw invalid(`version ${version.version} of model '${model}' has no python_function flavour`, {
      field: 'runtime',
      hint: 'log it with one of MLflow’s flavours, so that MLflow itself can load it',
    });
  if (!files.some(({ path }) => path === 'MLmodel'))
    throw invalid(`version ${version.version} of model '${model}' has no MLmodel file at its root`, {
      field: 'version',
      hint: 'register a folder that MLflow has packaged, or one with a single .onnx file',
    });
  say('bringing the model’s files here');
  const folder = await placeFiles(ctx, using.root, files);
  await using.processes.letRead(folder);
  const python = await using.environment(ctx, files, facts, say);
  return keyed({ folder, runtime: 'python', python, limits: all });
}

/** The ONNX file that the version itself brings: its flavour's, or the only one of a folder without an MLmodel file. */
export function ownOnnx(files: readonly ModelFile[], facts: ModelFacts | undefined): string | undefined {
  const has = (name: string): boolean => files.some(({ path }) => path === name);
  const flavor = facts?.flavors['onnx'];
  if (flavor) {
    const file = typeof flavor['data'] === 'string' ? flavor['data'] : 'model.onnx';
    return isPlain(file) && has(file) ? file : undefined;
  }
  if (has('MLmodel')) return undefined;
  const onnx = files.filter(({ path }) => path.endsWith('.onnx'));
  return onnx.length === 1 ? onnx[0]?.path : undefined;
}

function keyed(place: Omit<ModelPlace, 'key'>): ModelPlace {
  const key = createHash('sha256').update(JSON.stringify(place)).digest('hex').slice(0, 32);
  return { key, ...place };
}
