import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { newId } from '../../platform/ids/index.ts';
import type { Processes } from '../../platform/processes/index.ts';
import { ModelFault, type ModelPlace } from '../model.ts';
import { apart } from './apart.ts';
import type { Findings } from './load.ts';

/** Counts up when what is kept of a trial changes: older ones are made again. */
const FORMAT = 4;
interface Kept {
  format: number;
  threads: number;
  findings: Findings;
}

/** What the trial process says at its end. */
export type Tried = { findings: Findings } | { problem: string };

/** Files never change in their folder, so what a trial found lies beside it. */
const keptAt = ({ folder, file }: ModelPlace): string =>
  `${folder}.${path.basename(file ?? 'model.onnx')}.findings`;

/** What an earlier trial found out; undefined where the file was never tried, or with other settings. */
export async function knownFindings(place: ModelPlace): Promise<Findings | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(keptAt(place));
  } catch {
    return undefined;
  }
  const kept = deserialize(bytes) as Partial<Kept>; // written below, whole or not at all
  return kept.format === FORMAT && kept.threads === place.limits.threads ? kept.findings : undefined;
}

/** Tries a file, and keeps what was found so that nobody who answers spends time on it again. */
export async function probeOnnx(place: ModelPlace, processes: Processes): Promise<void> {
  if (await knownFindings(place)) return;
  const findings = await tryOnnx(place, processes);
  const fresh = `${keptAt(place)}.${newId()}`;
  const { threads } = place.limits;
  await writeFile(fresh, serialize({ format: FORMAT, threads, findings } satisfies Kept));
  await rename(fresh, keptAt(place));
}

/** Loads a file for the first time, in a process of its own. */
export async function tryOnnx(place: ModelPlace, processes: Processes): Promise<Findings> {
  const { said, ended, how } = await apart('probe-child', place, place, processes);
  const tried = said.at(-1) as Tried | undefined;
  if (tried === undefined)
    throw new ModelFault(
      ended === 'timeout'
        ? `loading took too long: ${how}`
        : `the model file ended the process that tried it: ${how}`,
    );
  if ('problem' in tried) throw new ModelFault(tried.problem);
  const { findings } = tried;
  if (ended === 'ok') return findings;
  const why = `the trial of joined rows ended its process: ${how}`;
  return { ...findings, spec: { ...findings.spec, batchable: false, batching: { why } } };
}
