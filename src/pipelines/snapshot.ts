import { resolveRef } from '../data/index.ts';
import { inPortions, sortInTurns } from '../platform/aside/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { invalid, missing, TreadleError } from '../platform/errors/index.ts';
import type { CodeFile, DataInput, NewExecution } from './contract.ts';
import type { Definition, Step } from './file/definition.ts';
import { describe, suggestion } from './file/problem.ts';
import { paramText, readNumber, type ParamValue } from './file/param.ts';
import { readPipelineFileAside } from './file/read-aside.ts';
import type { ReadFile } from './file/read.ts';
import type { Value } from './file/schema.ts';
import { environmentSource } from './environment-source.ts';
import { missingCode } from './plan/parts.ts';
import { knownCode } from './store.ts';

/** Everything an execution runs, resolved: data to immutable versions, parameters to values, code to stored blobs. */
export interface Snapshot {
  definition: Definition;
  /** The steps to run: all, or those asked for and what they need. */
  steps: Step[];
  params: Array<{ name: string; value: ParamValue; from: string }>;
  data: DataInput[];
  code: CodeFile[];
  warnings: string[];
}

/** Files that are looked at between two turns. */
const PORTION = 500;

type NamedFile = ReadFile & { name: string };

/** Resolves a request. Every fault of the file names its line and column; nothing is written. */
export async function takeSnapshot(
  ctx: Ctx,
  input: NewExecution,
  /** Only what the gate's data needs: a version that is there is judged. */
  toJudge = false,
): Promise<Snapshot> {
  const name = input.file_name ?? 'treadle.yaml';
  const read = { ...(await readPipelineFileAside(input.file)), name };
  const { definition } = read;
  if (!definition) throw fileErrors(read);
  const steps = toJudge ? stepsOfGate(definition) : chosen(definition, input.steps);
  const params = parameters(definition, input.params ?? {});
  const data = await Promise.all(
    referenced(definition, steps, input.data ?? {}, toJudge).map(([name, ref, own]) =>
      resolveData(ctx, read, name, ref, own),
    ),
  );
  const code = await checkCode(ctx, read, steps, input.code);
  for (const env of new Set(steps.map((step) => step.env))) {
    await atPlace(
      read,
      steps.find((step) => step.env === env)!,
      () => environmentSource(ctx, env, code),
    );
  }
  const warnings = read.problems.map((problem) => describe(problem, name));
  return { definition, steps, params, data, code, warnings };
}

function fileErrors({ problems, name }: NamedFile): TreadleError {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return invalid(
    `${errors
      .map((problem) => describe(problem, name))
      .slice(0, 10)
      .join('\n')}${errors.length > 10 ? more : ''}`,
    {
      field: first?.path || 'file',
      hint: first?.hint ?? 'treadle check shows all of them',
      code: 'pipeline-file',
    },
  );
}

function chosen(definition: Definition, names: readonly string[] | undefined): Step[] {
  if (names === undefined || names.length === 0) return definition.steps;
  const byName = new Map(definition.steps.map((step) => [step.name, step]));
  const wanted = new Set<string>();
  const add = (name: string): void => {
    const step = byName.get(name);
    if (!step)
      throw invalid(`there is no step '${name}'`, {
        field: 'steps',
        hint: suggestion(name, [...byName.keys()]),
      });
    if (wanted.has(name)) return;
    wanted.add(name);
    step.needs.forEach(add);
  };
  names.forEach(add);
  return definition.steps.filter(({ name }) => wanted.has(name));
}

const stepsOfGate = (definition: Definition): Step[] =>
  definition.gate?.data.kind === 'output' ? chosen(definition, [definition.gate.data.step]) : [];

function parameters({ params }: Definition, given: Readonly<Record<string, Value>>): Snapshot['params'] {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(params, name))
      throw invalid(`'${name}' is not a parameter of this file`, {
        field: `params.${name}`,
        hint: suggestion(name, Object.keys(params)),
      });
  }
  return Object.entries(params).map(([name, value]) =>
    Object.hasOwn(given, name)
      ? { name, value: like(value, given[name]!, name), from: 'request' }
      : { name, value, from: 'file' },
  );
}

/** A command line has text alone: it becomes what the file's own value is, with the digits that were written. */
function like(own: ParamValue, given: Value, name: string): ParamValue {
  if (typeof given === 'number' && Number.isInteger(given) && !Number.isSafeInteger(given))
    throw invalid(`parameter '${name}' came as a JSON number beyond 2^53, which loses its last digits`, {
      field: `params.${name}`,
      hint: 'send it as text: "9007199254740993" keeps all of them',
    });
  const type = typeof own === 'object' ? 'number' : typeof own;
  if (typeof given === type) return given;
  if (type === 'string') return String(given);
  const number = type === 'number' && typeof given === 'string' ? readNumber(given) : undefined;
  if (number !== undefined) return number;
  if (type === 'boolean' && (given === 'true' || given === 'false')) return given === 'true';
  throw invalid(`parameter '${name}' is ${JSON.stringify(given)}, and in the file it is a ${type}`, {
    field: `params.${name}`,
    hint: `give a ${type}, as ${paramText(own)} in the file`,
  });
}

/** Name, reference, and whether it is the file's own. */
function referenced(
  { data, model, gate }: Definition,
  steps: readonly Step[],
  given: Readonly<Record<string, string>>,
  judged: boolean,
): Array<[string, string, boolean]> {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(data, name))
      throw invalid(`'${name}' is not a dataset of this file`, {
        field: `data.${name}`,
        hint: suggestion(name, Object.keys(data)),
      });
  }
  const used = new Set(
    steps.flatMap(({ inputs }) => inputs.flatMap((input) => (input.kind === 'data' ? [input.name] : []))),
  );
  if (gate?.data.kind === 'data' && (judged || steps.some(({ name }) => name === model?.step)))
    used.add(gate.data.name);
  return Object.entries(data)
    .filter(([name]) => used.has(name))
    .map(([name, ref]) => [name, given[name] ?? ref, given[name] === undefined]);
}

async function resolveData(
  ctx: Ctx,
  { source, name: fileName }: NamedFile,
  name: string,
  ref: string,
  own: boolean,
): Promise<DataInput> {
  try {
    const version = await resolveRef(ctx, ref);
    return {
      name,
      ref,
      dataset: version.dataset,
      version: version.name,
      version_id: version.id,
      hash: version.hash,
    };
  } catch (error) {
    if (!(error instanceof TreadleError) || !own) throw error;
    const problem = source.problem('error', `data.${name}`, 'value', error.message);
    throw new TreadleError(error.kind, describe(problem, fileName), {
      field: `data.${name}`,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      code: 'pipeline-file',
    });
  }
}

async function checkCode(
  ctx: Ctx,
  { source, name: fileName }: NamedFile,
  steps: readonly Step[],
  files: readonly CodeFile[],
): Promise<CodeFile[]> {
  const code = await sortInTurns(files, (a, b) => (a.path < b.path ? -1 : 1));
  let before: string | undefined;
  let absent: string | undefined;
  for await (const portion of inPortions(code, PORTION)) {
    const known = await knownCode(ctx, [...new Set(portion.map(({ hash }) => hash))]);
    for (const { path, hash } of portion) {
      if (path === before) throw invalid(`the code lists '${path}' twice`, { field: 'code' });
      before = path;
      if (!known.has(hash)) absent ??= path;
    }
  }
  if (absent !== undefined)
    throw missing(`the content of '${absent}' was not uploaded`, {
      field: 'code',
      hint: 'ask /api/v1/code/missing which blobs to upload first',
    });
  for (const step of steps) {
    const [entry] = missingCode(step, code);
    if (entry === undefined) continue;
    const problem = source.problem(
      'error',
      `steps.${step.name}.code`,
      { text: entry },
      `the project has no '${entry}'`,
    );
    throw invalid(describe(problem, fileName), {
      field: `steps.${step.name}.code`,
      hint: 'paths count from the folder of treadle.yaml; files that git ignores are not part of the project',
      code: 'pipeline-file',
    });
  }
  return code;
}

/** An error about a step's environment gets the place of the `env:` that names it. */
async function atPlace<T>(
  { source, name: fileName }: NamedFile,
  step: Step,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TreadleError)) throw error;
    const path = source.places.has(`steps.${step.name}.env`) ? `steps.${step.name}.env` : 'env';
    throw new TreadleError(
      error.kind,
      describe(source.problem('error', path, 'value', error.message), fileName),
      {
        field: path,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
        code: 'pipeline-file',
      },
    );
  }
}
