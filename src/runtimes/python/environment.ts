import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { checkRequirements, type Environments } from '../../environments/index.ts';
import type { ModelFacts, ModelFile } from '../../models/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { invalid, unavailable } from '../../platform/errors/index.ts';
import { newId } from '../../platform/ids/index.ts';
import { plainValue, readYamlAside } from '../../platform/yaml/index.ts';
import type { Say } from '../prepare-model.ts';

const LARGEST = 256 * 1024;
const LIMITS = { length: 64 * 1024, parts: 20_000 };

/** `requirementsOf` for a model whose files are blobs. */
export const modelRequirements = (
  ctx: Ctx,
  files: readonly ModelFile[],
  facts: ModelFacts | undefined,
  tools: readonly string[] = [],
): Promise<string> =>
  requirementsOf(
    async (name) => {
      const file = files.find((one) => one.path === name);
      return file && file.size <= LARGEST
        ? (await ctx.blobs.read(file.digest, LARGEST)).toString('utf8')
        : undefined;
    },
    facts?.mlflow_version,
    tools,
  );

/**
 * The packages that a model was recorded with, as lines of a requirements file: requirements.txt, else what python_env.yaml or
 * conda.yaml lists. MLflow itself is added where nobody wrote it down, since it is what loads the model.
 */
export async function requirementsOf(
  read: (name: string) => Promise<string | undefined>,
  mlflow: string | undefined,
  /** Packages that are needed besides, where the model does not name them itself. */
  tools: readonly string[] = [],
): Promise<string> {
  const text =
    (await read('requirements.txt')) ??
    (await listed(read, 'python_env.yaml')) ??
    (await listed(read, 'conda.yaml')) ??
    '';
  checkRequirements(text, 'requirements.txt');
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const has = (name: string): boolean =>
    // Names are equal whatever stands between their words.
    lines.some((line) =>
      new RegExp(`^\\s*${name.replaceAll(/[-_.]+/g, '[-_.]+')}(?![\\w.-])`, 'i').test(line),
    );
  if (!has('mlflow') && !has('mlflow-skinny'))
    lines.push(mlflow === undefined ? 'mlflow' : `mlflow==${mlflow}`);
  if (has('mlflow-skinny') && !has('mlflow'))
    for (const name of ['numpy', 'pandas']) if (!has(name)) lines.push(name);
  for (const tool of tools) if (!has(tool.split('==')[0] ?? tool)) lines.push(tool);
  return `${lines.join('\n')}\n`;
}

/** The pip packages of python_env.yaml (`dependencies: [...]`) or conda.yaml (`dependencies: [..., {pip: [...]}]`). */
async function listed(
  read: (name: string) => Promise<string | undefined>,
  name: string,
): Promise<string | undefined> {
  const text = await read(name);
  if (text === undefined) return undefined;
  const yaml = await readYamlAside(text, LIMITS);
  if ('fault' in yaml)
    throw invalid(`the model's ${name} cannot be read: ${yaml.fault.message}`, {
      field: name,
      hint: 'add a requirements.txt, or write the file as plain YAML',
    });
  const value = plainValue(yaml.root);
  const list: unknown[] = isMap(value) && Array.isArray(value['dependencies']) ? value['dependencies'] : [];
  const pip = list.find((one) => isMap(one) && Array.isArray(one['pip']));
  const lines: unknown[] =
    isMap(pip) && Array.isArray(pip['pip']) ? pip['pip'] : pip === undefined ? list : [];
  const packages = lines.filter((one): one is string => typeof one === 'string' && !one.startsWith('-'));
  return packages.length === 0 ? undefined : packages.join('\n');
}

/** Makes the environment where it is not there yet, and returns its interpreter. What was installed stands in its lock. */
export async function modelInterpreter(
  environments: Environments,
  text: string,
  wanted: string | undefined,
  say: Say,
): Promise<string> {
  const { folder, observed } = await environments.prepare(
    {
      kind: 'requirements',
      text,
      ...(wanted !== undefined && /^\d+\.\d+(\.|$)/.test(wanted) ? { python: minor(wanted) } : {}),
    },
    say,
  );
  if (folder === undefined || !observed)
    throw unavailable('the model’s environment was made, but cannot be found', {
      hint: 'see the server’s log',
    });
  const made = observed.interpreter.split(' ')[1] ?? '';
  if (wanted !== undefined && minor(wanted) !== minor(made))
    say(`the model was recorded with Python ${wanted}, and this machine has ${made}`);
  const lock = path.join(folder, 'requirements.lock');
  if (!existsSync(lock)) {
    const pinned = Object.entries(observed.packages).map(([name, version]) => `${name}==${version}\n`);
    const fresh = `${lock}.${newId()}`;
    await writeFile(fresh, pinned.toSorted().join(''));
    await rename(fresh, lock);
  }
  return path.join(folder, 'bin', 'python');
}

const minor = (version: string): string => version.split('.').slice(0, 2).join('.');
const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
