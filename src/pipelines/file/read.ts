// What a file means, from its shape to a checked graph: one walk in one piece, longer than other files.
import { Check } from 'typebox/value';
import { parseCommand, type Piece } from './command.ts';
import type { Definition, Input, Output, Step } from './definition.ts';
import { MOST_PROBLEMS, suggestion, type Problem } from './problem.ts';
import { resolveEnvironments } from './environment.ts';
import { resolveGate } from './gate.ts';
import { resolveLoop } from './loop.ts';
import { LATER, PipelineFile, RETRY_REASONS, type StepDefinition } from './schema.ts';
import { checkShape } from './shape.ts';
import { numberParam, type ParamValue } from './param.ts';
import { resolveWhen } from './when.ts';
import { readSource, type Say, type Source } from './source.ts';
import { bytesOf, milliseconds } from './units.ts';

export interface ReadFile {
  /** Absent when there is an error among the problems. */
  definition: Definition | undefined;
  /** In the order of the file. */
  problems: Problem[];
  source: Source;
}

/**
 * Reads a pipeline file: what it means, and everything that is wrong with it. Pure: looks at nothing but the text. `draft` is what a
 * file with errors of meaning would mean without them, so that whoever looks further finds all at once; one that is not YAML or has a
 * wrong form has none, and its meaning is not looked at.
 */
export function readPipelineFile(text: string): ReadFile & { draft: Definition | undefined } {
  const { source, root, problems } = readSource(text);
  const done = (draft: Definition | undefined): ReadFile & { draft: Definition | undefined } => ({
    ...inFileOrder({ definition: draft, problems, source }),
    draft,
  });
  if (problems.length > 0) return done(undefined);
  const shape = checkShape(source, root, PipelineFile);
  problems.push(...shape.problems);
  if (shape.problems.length > 0) return done(undefined);
  if (!Check(PipelineFile, shape.value))
    throw new Error('the shape walk let through what the contract refuses');
  return done(resolve(shape.value, shape.spelled, source, problems));
}

/** Problems in the order of the file; a file with an error means nothing. */
function inFileOrder({ definition, problems, source }: ReadFile): ReadFile {
  const failed = problems.some(({ severity }) => severity === 'error');
  problems.sort((a, b) => a.line - b.line || a.column - b.column);
  return { definition: failed ? undefined : definition, problems, source };
}

function resolve(
  file: PipelineFile,
  spelled: ReadonlyMap<string, string>,
  source: Source,
  problems: Problem[],
): Definition {
  const say: Say = (severity, ...problem) => {
    // Of many warnings nobody reads the last ones; an error counts even there.
    if (problems.length < (severity === 'error' ? 2 * MOST_PROBLEMS : MOST_PROBLEMS))
      problems.push(source.problem(severity, ...problem));
  };
  const params = Object.fromEntries(
    Object.entries(file.params ?? {}).map(([name, value]): [string, ParamValue] => [
      name,
      typeof value === 'number' ? numberParam(value, spelled.get(`params.${name}`) ?? String(value)) : value,
    ]),
  );
  const data = file.data ?? {};
  for (const [key, what] of Object.entries(LATER)) {
    if (source.places.has(key))
      say(
        'warning',
        key,
        'key',
        `'${key}' is not run by this version: ${what}`,
        'it is kept in the record of each execution',
      );
  }
  const drafts = Object.entries(file.steps).map(([name, step]) => ({
    name,
    step,
    outputs: outputsOf(name, step, say),
  }));
  const owners = nameOutputs(drafts, params, data, say);
  const used = new Set<string>();
  const byName = new Map(drafts.map((draft) => [draft.name, draft]));
  const steps = drafts.map((draft) =>
    resolveStep(draft, { file, params, data, owners, drafts: byName, used, say }),
  );
  const gate = resolveGate(file, steps, used, say, source, spelled.get('gate.positive'));
  unused(file, used, say);
  environmentNames(params, say);
  return {
    name: file.name,
    params,
    data,
    steps: inOrder(steps, say),
    model: resolveModel(file, steps, say),
    gate,
    deploy: resolveDeploy(file, say),
    loop: resolveLoop(file, say),
    when: resolveWhen(file, say),
    environments: resolveEnvironments(file, say, (rollout, at) => resolveRollout(rollout, at, say)),
  };
}

interface Draft {
  name: string;
  step: StepDefinition;
  outputs: Output[];
}

function outputsOf(name: string, { out = [] }: StepDefinition, say: Say): Output[] {
  const at = `steps.${name}.out`;
  const entries: Array<[string, string, string]> =
    typeof out === 'string'
      ? [[stem(out), out, at]]
      : Array.isArray(out)
        ? out.map((path, i) => [stem(path), path, `${at}[${i}]`])
        : Object.entries(out).map(([key, path]) => [key, path, `${at}.${key}`]);
  const outputs: Output[] = [];
  /** Each path, and each folder above one, with the output that it belongs to. */
  const taken = new Map<string, string>();
  for (const [key, written, path] of entries) {
    const clean = written
      .replaceAll(/\/+/g, '/')
      .replace(/^(\.\/)+/, '')
      .replace(/\/$/, '');
    if (!/^[A-Za-z_][A-Za-z0-9_-]{0,62}$/.test(key))
      say(
        'error',
        path,
        'value',
        `the output '${written}' has no name of its own`,
        'write out: { name: path }',
      );
    if (clean === '' || clean === '.' || /^(_in|_tmp)(\/|$)/.test(clean))
      say(
        'error',
        path,
        'value',
        `'${written}' cannot be an output`,
        "name a file, or a folder inside the step's folder; _in and _tmp are taken",
      );
    const above = foldersAbove(clean);
    const clash =
      taken.get(clean) ??
      above.map((folder) => taken.get(folder)).find((other) => other !== undefined && above.includes(other));
    if (clash !== undefined)
      say(
        'error',
        path,
        'value',
        `the outputs '${clash}' and '${clean}' of step '${name}' lie in one another`,
        'give each its own place',
      );
    for (const one of [clean, ...above]) if (!taken.has(one)) taken.set(one, clean);
    outputs.push({ name: key, path: clean, folder: written.endsWith('/') });
  }
  return outputs;
}

const stem = (path: string): string =>
  path
    .replace(/\/$/, '')
    .split('/')
    .at(-1)!
    .replace(/(?<=.)\..*$/, '');
const foldersAbove = (path: string): string[] =>
  [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index));

/** Output names are the edges of the graph, so each belongs to one step, and to nothing else. */
function nameOutputs(drafts: readonly Draft[], params: object, data: object, say: Say): Map<string, string> {
  const owners = new Map<string, string>();
  for (const { name, outputs } of drafts) {
    for (const output of outputs) {
      const at = [`steps.${name}.out.${output.name}`, 'key'] as const;
      const owner = owners.get(output.name);
      if (owner !== undefined)
        say(
          'error',
          ...at,
          owner === name
            ? `step '${name}' has two outputs called '${output.name}'`
            : `the steps '${owner}' and '${name}' both have an output called '${output.name}'`,
          'give one of them another name: out: { name: path }',
        );
      else if (Object.hasOwn(params, output.name))
        say(
          'error',
          ...at,
          `'${output.name}' is the name of an output and of a parameter`,
          'rename one of them',
        );
      else if (Object.hasOwn(data, output.name))
        say(
          'error',
          ...at,
          `'${output.name}' is the name of an output and of a dataset`,
          'rename one of them',
        );
      owners.set(output.name, name);
    }
  }
  for (const name of Object.keys(data)) {
    if (Object.hasOwn(params, name))
      say(
        'error',
        `data.${name}`,
        'key',
        `'${name}' is the name of a dataset and of a parameter`,
        'rename one of them',
      );
  }
  return owners;
}

interface Scope {
  file: PipelineFile;
  params: Record<string, unknown>;
  data: Record<string, string>;
  owners: ReadonlyMap<string, string>;
  drafts: ReadonlyMap<string, Draft>;
  used: Set<string>;
  say: Say;
}

function resolveStep({ name, step, outputs }: Draft, scope: Scope): Step {
  const { file, params, owners, drafts, used, say } = scope;
  const at = `steps.${name}`;
  const pieces = parseCommand(step.run);
  const mentioned = new Set<string>();
  const inputs = new Map<string, Input>();
  for (const piece of pieces) {
    if (piece.kind === 'text') continue;
    const found = resolveName(piece, name, scope);
    if (!found) {
      const known = [...Object.keys(params), ...Object.keys(scope.data), ...owners.keys()];
      say(
        'error',
        `${at}.run`,
        { text: piece.raw },
        `${piece.raw} in step '${name}' is no parameter, dataset or output`,
        `${suggestion(piece.name, known)}; write {${piece.raw}} for the text itself`,
      );
    } else if (found === 'param') {
      mentioned.add(piece.name);
      if (piece.below !== '')
        say(
          'error',
          `${at}.run`,
          { text: piece.raw },
          `${piece.raw}: '${piece.name}' is a parameter and has no paths below it`,
          `write {${piece.name}}/${piece.below}`,
        );
    } else if (found !== 'own') {
      if (piece.below.split('/').some((part) => part === '..' || part === '.'))
        say(
          'error',
          `${at}.run`,
          { text: piece.raw },
          `${piece.raw} leaves its dataset`,
          'name a path inside it',
        );
      inputs.set(piece.name, found);
    }
  }
  for (const [i, param] of (step.params ?? []).entries()) {
    if (!Object.hasOwn(params, param))
      say(
        'error',
        `${at}.params[${i}]`,
        'value',
        `'${param}' is not a parameter of this file`,
        suggestion(param, Object.keys(params)),
      );
    mentioned.add(param);
  }
  for (const [i, before] of (step.after ?? []).entries()) {
    if (!drafts.has(before))
      say(
        'error',
        `${at}.after[${i}]`,
        'value',
        `there is no step '${before}'`,
        suggestion(before, [...drafts.keys()]),
      );
  }
  for (const param of mentioned) used.add(param);
  for (const input of inputs.values()) if (input.kind === 'data') used.add(input.name);
  const env = step.env ?? file.env ?? 'system';
  checkEnv(env, step.env === undefined ? 'env' : `${at}.env`, say);
  const needs = [...inputs.values()].flatMap((input) => (input.kind === 'output' ? [input.step] : []));
  return {
    name,
    run: step.run,
    pieces,
    code: step.code === undefined ? undefined : [step.code].flat(),
    outputs,
    inputs: [
      ...new Map(
        [...inputs.values()].map((input) => [input.kind === 'data' ? input.name : input.output, input]),
      ).values(),
    ],
    params: [...mentioned].toSorted(),
    needs: [...new Set([...needs, ...(step.after ?? [])])].filter((need) => drafts.has(need)),
    env,
    variables: step.variables ?? {},
    secrets: [...new Set([...(file.secrets ?? []), ...(step.secrets ?? [])])].toSorted(),
    resources: {
      cpu: step.resources?.cpu,
      memory: step.resources?.memory === undefined ? undefined : bytesOf(step.resources.memory),
      gpu: step.resources?.gpu ?? 0,
    },
    timeout: step.timeout === undefined ? undefined : milliseconds(step.timeout),
    retry: retryOf(step.retry),
    cache: cacheOf(step.cache),
  };
}

function resolveName(
  piece: Extract<Piece, { kind: 'reference' }>,
  step: string,
  { params, data, owners, drafts }: Scope,
): Input | 'param' | 'own' | undefined {
  const [first, second] = piece.name.split('.') as [string, string?];
  const outputOf = (owner: string, output: string): Input | 'own' =>
    owner === step ? 'own' : { kind: 'output', name: piece.name, step: owner, output };
  if (second !== undefined) {
    const owner = drafts.get(first);
    return owner?.outputs.some((output) => output.name === second) ? outputOf(first, second) : undefined;
  }
  if (Object.hasOwn(params, first)) return 'param';
  if (Object.hasOwn(data, first)) return { kind: 'data', name: first };
  const owner = owners.get(first);
  return owner === undefined ? undefined : outputOf(owner, first);
}

function checkEnv(env: string, path: string, say: Say): void {
  if (env === 'system' || /(^|\/)uv\.lock$/.test(env) || env.endsWith('.txt')) return;
  const conda = /\.ya?ml$/.test(env) || env.includes('conda');
  const hint = 'write system, a requirements file (requirements.txt) or uv.lock';
  say(
    'error',
    path,
    'value',
    conda
      ? `'${env}' is a conda environment, which this version cannot make`
      : `'${env}' is no environment that this version can make`,
    hint,
  );
}

function retryOf(retry: StepDefinition['retry']): Step['retry'] {
  const times = typeof retry === 'number' ? retry : (retry?.times ?? 0);
  const { when, backoff } = typeof retry === 'object' ? retry : {};
  return { times, when: when ?? RETRY_REASONS, backoff: milliseconds(backoff ?? '1s') };
}

function cacheOf(cache: StepDefinition['cache']): Step['cache'] {
  if (cache === undefined || cache === true || cache === 'on')
    return { use: true, maxAge: undefined, salt: undefined };
  if (cache === false || cache === 'off') return { use: false, maxAge: undefined, salt: undefined };
  if (typeof cache === 'string') return { use: true, maxAge: milliseconds(cache), salt: undefined };
  return {
    use: true,
    maxAge: cache.for === undefined ? undefined : milliseconds(cache.for),
    salt: cache.salt,
  };
}

function unused(file: PipelineFile, used: ReadonlySet<string>, say: Say): void {
  for (const name of Object.keys(file.params ?? {})) {
    if (!used.has(name))
      say(
        'warning',
        `params.${name}`,
        'key',
        `no step uses the parameter '${name}'`,
        `mention {${name}} in a run, or list it under a step's params`,
      );
  }
  for (const name of Object.keys(file.data ?? {})) {
    if (!used.has(name))
      say(
        'warning',
        `data.${name}`,
        'key',
        `no step reads the dataset '${name}'`,
        `mention {${name}} in a run`,
      );
  }
}

function environmentNames(params: object, say: Say): void {
  const seen = new Map<string, string>();
  for (const name of Object.keys(params)) {
    const variable = parameterVariable(name);
    const other = seen.get(variable);
    if (other !== undefined)
      say(
        'error',
        `params.${name}`,
        'key',
        `'${other}' and '${name}' are the same environment variable, ${variable}`,
        'rename one of them',
      );
    seen.set(variable, name);
  }
}

/** The environment variable that carries a parameter. */
export const parameterVariable = (name: string): string =>
  `TREADLE_PARAM_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;

function resolveModel({ model }: PipelineFile, steps: readonly Step[], say: Say): Definition['model'] {
  if (!model) return undefined;
  const [stepName, output] = model.from.split('.') as [string, string];
  const step = steps.find(({ name }) => name === stepName);
  if (!step)
    say(
      'error',
      'model.from',
      'value',
      `there is no step '${stepName}'`,
      suggestion(
        stepName,
        steps.map(({ name }) => name),
      ),
    );
  else if (!step.outputs.some(({ name }) => name === output)) {
    say(
      'error',
      'model.from',
      'value',
      `step '${stepName}' has no output '${output}'`,
      suggestion(
        output,
        step.outputs.map(({ name }) => name),
      ),
    );
  }
  return { name: model.name, step: stepName, output };
}

function resolveDeploy({ deploy, gate, model }: PipelineFile, say: Say): Definition['deploy'] {
  if (!deploy) return undefined;
  if (!model)
    say('error', 'deploy', 'key', 'there is no model to deploy', 'add model: { name: …, from: step.output }');
  else if (!gate)
    say(
      'warning',
      'deploy',
      'key',
      'nothing judges the model before it is deployed',
      'add gate: { data: step.output, label: …, rules: […] }',
    );
  const { endpoint, sticky, replace } = deploy;
  return { endpoint, sticky, replace, rollout: resolveRollout(deploy.rollout, 'deploy.rollout', say) };
}

function resolveRollout(
  rollout: NonNullable<PipelineFile['deploy']>['rollout'],
  at: string,
  say: Say,
): NonNullable<Definition['deploy']>['rollout'] {
  if (rollout === undefined || rollout === false) return undefined;
  if (rollout === true) return {};
  const { every, within, ...rest } = rollout;
  rest.steps?.forEach((percent, i, steps) => {
    if (i > 0 && percent <= steps[i - 1]!)
      say(
        'error',
        `${at}.steps.${i}`,
        'value',
        `the step ${percent} % comes after ${steps[i - 1]} %: the share only grows`,
        'write them rising, as [0.5, 5, 25, 50]',
      );
  });
  const seconds = (text: string): number => milliseconds(text) / 1000;
  return {
    ...rest,
    ...(every === undefined ? {} : { every_s: seconds(every) }),
    ...(within === undefined ? {} : { within_s: seconds(within) }),
  };
}

/** Sorts so that each step comes after what it needs; a circle is named step by step. */
function inOrder(steps: readonly Step[], say: Say): Step[] {
  const byName = new Map(steps.map((step) => [step.name, step]));
  const waiting = new Map(steps.map((step) => [step.name, new Set(step.needs)]));
  const dependents = new Map<string, string[]>();
  for (const step of steps)
    for (const need of step.needs) dependents.set(need, [...(dependents.get(need) ?? []), step.name]);
  const ready = steps.filter(({ needs }) => needs.length === 0).map(({ name }) => name);
  const order: Step[] = [];
  for (let name = ready.shift(); name !== undefined; name = ready.shift()) {
    order.push(byName.get(name)!);
    waiting.delete(name);
    for (const next of dependents.get(name) ?? []) {
      const rest = waiting.get(next);
      if (rest?.delete(name) && rest.size === 0) ready.push(next);
    }
  }
  if (waiting.size > 0) {
    const circle = findCircle(waiting);
    say(
      'error',
      `steps.${circle[0]}`,
      'key',
      `the steps go in a circle: ${circle.join(' → ')} → ${circle[0]}`,
      'each needs what the next one makes; one of these edges must go',
    );
  }
  return order;
}

function findCircle(waiting: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const path: string[] = [];
  // What waits needs something else that waits, so walking from need to need must come round.
  let at = [...waiting.keys()][0]!;
  while (!path.includes(at)) {
    path.push(at);
    at = [...waiting.get(at)!].find((need) => waiting.has(need))!;
  }
  return path.slice(path.indexOf(at));
}
