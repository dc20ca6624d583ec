import { checkRules } from '../../rules/index.ts';
import type { Gate, GateInput, Step } from './definition.ts';
import { suggestion } from './problem.ts';
import type { PipelineFile } from './schema.ts';
import type { Say, Source } from './source.ts';

/** What `gate:` means. `used` learns which datasets it reads. */
export function resolveGate(
  { gate, model, data = {} }: PipelineFile,
  steps: readonly Step[],
  used: Set<string>,
  say: Say,
  source: Source,
  /** How `positive` is spelled, where its value does not say it. */
  positive: string | undefined,
): Gate | undefined {
  if (!gate) return undefined;
  if (!model)
    say('error', 'gate', 'key', 'there is no model to judge', 'add model: { name: …, from: step.output }');
  const input = inputOf(gate.data, steps, data);
  if (input?.kind === 'data') used.add(input.name);
  if (!input) {
    const known = [
      ...steps.flatMap(({ name, outputs }) => outputs.map((output) => `${name}.${output.name}`)),
      ...Object.keys(data),
    ];
    say(
      'error',
      'gate.data',
      'value',
      `'${gate.data}' is no output of a step and no dataset of this file`,
      suggestion(gate.data, known),
    );
  } else if (input.kind === 'output' && input.step === model?.from.split('.')[0]) {
    say(
      'warning',
      'gate.data',
      'value',
      `the gate reads an output of step '${input.step}', which also makes the model: nothing shows that it kept those rows aside`,
      'let a step before it make the rows, such as prep.holdout',
    );
  }
  const rules = gate.rules === undefined ? undefined : [gate.rules].flat();
  checkGateRules(rules ?? [], say, source);
  return {
    data: input ?? { kind: 'data', name: '', path: undefined },
    written: gate.data,
    spec: {
      label: gate.label,
      ...(gate.key === undefined ? {} : { key: [gate.key].flat() }),
      ...(gate.group === undefined ? {} : { group: [gate.group].flat() }),
      ...(gate.time === undefined ? {} : { time: gate.time }),
      ...(gate.near === undefined ? {} : { near: gate.near }),
      ...(gate.excuse === undefined ? {} : { excuse: gate.excuse }),
      ...(rules === undefined ? {} : { rules }),
      ...(gate.slices === undefined ? {} : { slices: [gate.slices].flat() }),
      ...(gate.task === undefined ? {} : { task: gate.task }),
      ...(gate.positive === undefined ? {} : { positive: positive ?? String(gate.positive) }),
      ...(gate.prediction === undefined ? {} : { prediction: gate.prediction }),
    },
  };
}

/** What the language of rules says of the rules of a gate, each at its place. */
function checkGateRules(rules: readonly string[], say: Say, { places }: Source): void {
  for (const { rule, message, at, hint } of checkRules(rules))
    say(
      'error',
      places.has(`gate.rules[${rule}]`) ? `gate.rules[${rule}]` : 'gate.rules',
      at === undefined ? 'value' : { character: at },
      message,
      hint,
    );
}

/** Names as in a command: `step.output`, the output alone, a dataset, or a path below a dataset. */
function inputOf(
  written: string,
  steps: readonly Step[],
  data: Readonly<Record<string, string>>,
): GateInput | undefined {
  const [first = '', ...rest] = written.split('/');
  if (Object.hasOwn(data, first)) {
    const path = rest.join('/');
    if (rest.some((part) => part === '' || part === '.' || part === '..')) return undefined;
    return { kind: 'data', name: first, path: path === '' ? undefined : path };
  }
  if (rest.length > 0) return undefined;
  const [owner, name] = first.includes('.') ? first.split('.', 2) : [undefined, first];
  const step = steps.find(
    (one) =>
      (owner === undefined || one.name === owner) && one.outputs.some((output) => output.name === name),
  );
  return step && name !== undefined ? { kind: 'output', step: step.name, output: name } : undefined;
}
