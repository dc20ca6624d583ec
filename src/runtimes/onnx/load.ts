import path from 'node:path';
import { messageOf } from '../../platform/errors/index.ts';
import { GUARD, guardFrom, keepGuard, type Guard } from '../guard.ts';
import type { ModelPlace, ModelSpec } from '../model.ts';
import { describeFolder } from '../spec/describe.ts';
import { joinRows, sliceRows } from '../spec/element.ts';
import { emptySample, exampleTensors, readExample } from '../spec/example.ts';
import { tryBatches, untried, type Batching } from '../spec/batches.ts';
import type { Tensor } from '../tensor.ts';
import { bind, feeder, reader, type Binding } from './binding.ts';
import { readNote } from './metadata.ts';
import { openSession, type Session } from './session.ts';

export type Run = (inputs: ReadonlyArray<Tensor | undefined>) => Tensor[];

/** What loading found out; plain data, so that another thread can open the same file without asking again. */
export interface Findings {
  spec: ModelSpec;
  binding: Binding;
  /** ms: reading and optimising the file, the sample once warm, one row once warm. */
  create_ms: number;
  sample_ms: number;
  row_ms: number;
  /** ms per further row of one call, where that could be measured. */
  per_row_ms: number;
  /** What the file says that it must refuse. */
  guard: Guard;
  /** Why the made-up sample did not run, where the model brought none. */
  doubt?: string;
}

export function runnerOf(session: Session, spec: ModelSpec, binding: Binding, guard: Guard): Run {
  const feed = feeder(spec, binding);
  const { wanted, read } = reader(spec, binding);
  if (guard.length === 0) return (inputs) => read(session.run(feed(inputs), wanted));
  return (inputs) => {
    keepGuard(guard, spec.inputs, inputs);
    return read(session.run(feed(inputs), wanted));
  };
}

export const fileOf = ({ folder, file = 'model.onnx' }: ModelPlace): string => path.join(folder, file);

export const runnerOfFile = (place: ModelPlace, { spec, binding, guard }: Findings): Run =>
  runnerOf(openSession(fileOf(place), place.limits.threads), spec, binding, guard);

/** The model again, where it was tried before: nothing is measured. Blocks its thread for the time of loading. */
export function loadKnown(place: ModelPlace, findings: Findings): Run {
  const run = runnerOfFile(place, findings);
  const { spec, doubt } = findings;
  if (doubt === undefined) run(spec.sample ?? emptySample(spec.inputs)); // the first call allocates
  return run;
}

/**
 * Loads, asks the sample, and measures. `trial` then finds out whether rows may be joined, by rows that the model never promised to
 * take: it comes last, so that what was found before is not lost with it. Blocks its thread: for a process of its own.
 */
export async function loadOnnx(
  place: ModelPlace,
): Promise<{ findings: Findings; trial: () => Promise<Findings> }> {
  const described = await describeFolder(place.folder);
  if (described.problem !== undefined && described.inputs === undefined && !('onnx' in described.flavors))
    throw new Error(described.problem);
  const { session, create_ms } = openAgain(place);
  const { spec: half, binding } = bind(described, session.graph);
  const own = exampleTensors(await readExample(place.folder, described.examples), half.inputs);
  const fixed = [...half.inputs, ...half.outputs].find(({ shape }) => shape[0] !== -1);
  const judged = ({ joined, ...batching }: Batching): Pick<ModelSpec, 'batchable' | 'batching'> => ({
    batchable: joined,
    batching,
  });
  const unfit =
    half.params.length > 0
      ? 'it takes parameters, which differ from call to call'
      : fixed
        ? `the first dimension of '${fixed.name}' is fixed`
        : own
          ? undefined
          : 'it brought no input example that fits its signature, and rows that are made up prove nothing';
  const spec: ModelSpec = {
    ...half,
    returns: 'onnx' in described.flavors || described.flavors['sklearn'] === undefined ? 'onnx' : 'array',
    ...judged(untried(unfit ?? 'joining was not tried')),
    ...(own ? { sample: own } : {}),
  };
  const guard = guardFrom(await readNote(fileOf(place), GUARD), spec.inputs);
  const run = runnerOf(session, spec, binding, guard);
  const sample = own ?? emptySample(spec.inputs);
  const timed = (inputs: Tensor[]): number => {
    run(inputs); // the first call allocates
    // The least of many: a process that steps aside for others is interrupted often.
    let least = Infinity;
    const began = performance.now();
    for (let n = 0; n < 3 || (n < 30 && performance.now() - began < 5); n++) {
      const start = performance.now();
      run(inputs);
      least = Math.min(least, performance.now() - start);
    }
    return least;
  };
  const findings: Findings = { spec, binding, guard, create_ms, sample_ms: 0, row_ms: 0, per_row_ms: 0 };
  const only = (found: Findings) => ({ findings: found, trial: () => Promise.resolve(found) });
  try {
    findings.sample_ms = timed(sample);
  } catch (error) {
    if (own)
      throw new Error(`the model does not take its own input example: ${messageOf(error)}`, { cause: error });
    // Lengths that are open were guessed; the first request decides.
    return only({ ...findings, doubt: messageOf(error) });
  }
  findings.row_ms = findings.sample_ms;
  if (fixed) return only(findings);
  const one = sample.map((tensor) => sliceRows(tensor, 0, 1));
  try {
    findings.row_ms = timed(one);
    const many = one.map((tensor) => joinRows(Array.from({ length: 16 }, () => tensor)));
    findings.per_row_ms = Math.max(0, (timed(many) - findings.row_ms) / 15);
  } catch {
    // The first dimension is open and yet not the rows.
  }
  if (unfit !== undefined) return only(findings);
  return {
    findings,
    async trial() {
      const limits = { most: place.limits.batch, ms: TRIAL_MS, nulls: false };
      return {
        ...findings,
        spec: { ...spec, ...judged(await tryBatches(run, sample, spec.inputs, limits)) },
      };
    },
  };
}

/** How long the trial of joined rows may take, ms. */
const TRIAL_MS = 10_000;

/** Sessions of a quick model that are made to learn what another one costs; one that takes longer is no quick one, ms. */
const CREATED = 5;
const QUICK_MS = 60;

/**
 * The first session also wakes the library up. Of more the least counts, as of calls: a model that answers in a thread of its own because this
 * process was interrupted once is slower than the version before for as long as it serves, and was rolled back for it.
 */
function openAgain(place: ModelPlace): { session: Session; create_ms: number } {
  const open = (): { session: Session; create_ms: number } => {
    const began = performance.now();
    const session = openSession(fileOf(place), place.limits.threads);
    return { session, create_ms: performance.now() - began };
  };
  let last = open();
  if (last.create_ms > 500) return last;
  let least = Infinity;
  for (let n = 0; n < CREATED && (n === 0 || last.create_ms < QUICK_MS); n++) {
    last.session.close();
    last = open();
    least = Math.min(least, last.create_ms);
  }
  return { session: last.session, create_ms: least };
}
