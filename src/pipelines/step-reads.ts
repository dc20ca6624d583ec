import type { Ctx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import type { DataInput, StepOutput } from './contract.ts';
import type { KeyParts } from './plan/parts.ts';
import { outputFiles, type OutputFile } from './run/collect.ts';
import {
  selectExecution,
  selectMaker,
  selectStep,
  selectSteps,
  type ExecutionRow,
  type StepRow,
} from './store.ts';

/** What a step wrote, as the very blobs. */
export interface OutputRead {
  /** For people: `execution 12, prep.holdout`. */
  label: string;
  step: string;
  output: StepOutput;
  /** None: its list of files is gone. */
  files: OutputFile[] | undefined;
  /** The run that made it, wherever the step took it from. */
  run: string | undefined;
}

/** What the step behind a run read; undefined where no step made the run. */
export interface StepReads {
  execution: string;
  /** For people: `execution 12, train`. */
  label: string;
  data: DataInput[];
  outputs: OutputRead[];
  /** Inputs that no step's output and no dataset of the execution answers to any more. */
  lost: string[];
}

export async function stepReads(ctx: Ctx, run: string): Promise<StepReads | undefined> {
  const row = await selectMaker(ctx, run);
  if (!row || row.parts === null) return undefined;
  const execution = await selectExecution(ctx, row.execution_id);
  const { data, outputs, lost } = readsOf(execution, await selectSteps(ctx, row.execution_id), row);
  return {
    execution: row.execution_id,
    label: `execution ${execution.number}, ${row.name}`,
    data,
    outputs: await Promise.all(
      outputs.map(({ maker, output }) => readOf(ctx, execution.number, maker, output)),
    ),
    lost,
  };
}

/** Names of a step's own files and of its inputs are those that its key was made of: it read these and no others. */
export function readsOf(
  execution: ExecutionRow,
  steps: readonly StepRow[],
  row: StepRow,
): { data: DataInput[]; outputs: Array<{ maker: StepRow; output: StepOutput }>; lost: string[] } {
  const data: DataInput[] = [];
  const outputs: Array<{ maker: StepRow; output: StepOutput }> = [];
  const lost: string[] = [];
  if (row.parts === null) return { data, outputs, lost };
  const { inputs } = JSON.parse(row.parts) as KeyParts; // written by us
  const versions = JSON.parse(execution.data) as DataInput[];
  const needs = JSON.parse(row.needs) as string[];
  // Two steps may have written the same bytes: those that this one needs come first.
  const makers = steps.toSorted((a, b) => Number(needs.includes(b.name)) - Number(needs.includes(a.name)));
  for (const [name, { digest }] of Object.entries(inputs)) {
    const version = versions.find((one) => one.name === name && one.hash === digest);
    const maker = makers.find((step) => step.name !== row.name && outputsOf(step).some(is(digest)));
    if (version) data.push(version);
    else if (maker) outputs.push({ maker, output: outputsOf(maker).find(is(digest))! });
    else lost.push(name);
  }
  return { data, outputs, lost };
}

/** One output of a step of an execution. */
export async function stepOutput(
  ctx: Ctx,
  execution: string,
  step: string,
  output: string,
): Promise<OutputRead> {
  const { number } = await selectExecution(ctx, execution);
  const row = await selectStep(ctx, execution, step);
  const outputs = outputsOf(row);
  const found = outputs.find(({ name }) => name === output);
  if (!found) {
    const has = outputs.map(({ name }) => name).join(', ');
    throw missing(`step '${step}' of execution ${number} has no output '${output}'`, {
      field: 'data',
      hint: has === '' ? 'it has written none; see why with: treadle executions' : `it wrote: ${has}`,
    });
  }
  return readOf(ctx, number, row, found);
}

export const outputsOf = (row: StepRow): StepOutput[] => JSON.parse(row.outputs) as StepOutput[]; // written by us
const is =
  (digest: string) =>
  (output: StepOutput): boolean =>
    output.digest === digest;

async function readOf(ctx: Ctx, number: number, row: StepRow, output: StepOutput): Promise<OutputRead> {
  return {
    label: `execution ${number}, ${row.name}.${output.name}`,
    step: row.name,
    output,
    files: await outputFiles(ctx.blobs, output).catch(() => undefined),
    run: row.run_id ?? undefined,
  };
}
