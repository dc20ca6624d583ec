import path from 'node:path';
import { messageOf } from '../../platform/errors/index.ts';
import type { ModelPlace, ModelSpec } from '../model.ts';
import { describeFolder } from '../spec/describe.ts';
import { joinRows, sliceRows } from '../spec/element.ts';
import { emptySample, exampleTensors, readExample } from '../spec/example.ts';
import { joinable } from '../spec/batches.ts';
import type { Tensor } from '../tensor.ts';
import { bind, feeder, reader, type Binding } from './binding.ts';
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
  /** ms per further row of a batch, where rows can be joined. */
  per_row_ms: number;
  /** Why the made-up sample did not run, where the model brought none. */
  doubt?: string;
}

export function runnerOf(session: Session, spec: ModelSpec, binding: Binding): Run {
  const feed = feeder(spec, binding);
  const { wanted, read } = reader(spec, binding);
  return (inputs) => read(session.run(feed(inputs), wanted));
}

export const fileOf = ({ folder, file = 'model.onnx' }: ModelPlace): string => path.join(folder, file);

/** Loads, asks the sample, and measures. Blocks its thread: for a worker, never for one that answers others. */
export async function loadOnnx(place: ModelPlace): Promise<{ findings: Findings; run: Run }> {
  const described = await describeFolder(place.folder);
  if (described.problem !== undefined && described.inputs === undefined && !('onnx' in described.flavors))
    throw new Error(described.problem);
  const { session, create_ms } = openTwice(place);
  const { spec: half, binding } = bind(described, session.graph);
  const own = exampleTensors(await readExample(place.folder, described.examples), half.inputs);
  const open = [...half.inputs, ...half.outputs].every(({ shape }) => shape[0] === -1);
  const spec: ModelSpec = {
    ...half,
    returns: 'onnx' in described.flavors || described.flavors['sklearn'] === undefined ? 'onnx' : 'array',
    batchable: open && half.params.length === 0,
    ...(own ? { sample: own } : {}),
  };
  const run = runnerOf(session, spec, binding);
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
  const findings: Findings = { spec, binding, create_ms, sample_ms: 0, row_ms: 0, per_row_ms: 0 };
  try {
    findings.sample_ms = timed(sample);
  } catch (error) {
    if (own)
      throw new Error(`the model does not take its own input example: ${messageOf(error)}`, { cause: error });
    // Lengths that are open were guessed; the first request decides.
    return { findings: { ...findings, spec: { ...spec, batchable: false }, doubt: messageOf(error) }, run };
  }
  if (!spec.batchable) return { findings: { ...findings, row_ms: findings.sample_ms }, run };
  spec.batchable = await joinable(run, sample);
  const one = sample.map((tensor) => sliceRows(tensor, 0, 1));
  findings.row_ms = timed(one);
  if (spec.batchable) {
    const many = one.map((tensor) => joinRows(Array.from({ length: 16 }, () => tensor)));
    findings.per_row_ms = Math.max(0, (timed(many) - findings.row_ms) / 15);
  }
  return { findings, run };
}

/** The first session also wakes the library up, so a quick one is made again to know what another one costs. */
function openTwice(place: ModelPlace): { session: Session; create_ms: number } {
  const open = (): { session: Session; create_ms: number } => {
    const began = performance.now();
    const session = openSession(fileOf(place), place.limits.threads);
    return { session, create_ms: performance.now() - began };
  };
  const first = open();
  if (first.create_ms > 200) return first;
  first.session.close();
  return open();
}
