import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { deserialize, serialize } from 'node:v8';
import { newId } from '../../platform/ids/index.ts';
import type { Processes } from '../../platform/processes/index.ts';
import { ModelFault, type ModelPlace } from '../model.ts';
import type { Findings } from './load.ts';

/** Counts up when what is kept of a trial changes: older ones are made again. */
const FORMAT = 1;
interface Kept {
  format: number;
  threads: number;
  findings: Findings;
}

const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const CHILD = fileURLToPath(new URL(`./probe-child.${EXTENSION}`, import.meta.url));

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

/**
 * Loads a file for the first time where nothing else lives: one that crashes native code, hangs in it or wants all memory ends
 * that process alone. What it found is kept, so that nobody who answers spends time on it again.
 */
export async function probeOnnx(place: ModelPlace, processes: Processes): Promise<void> {
  if (await knownFindings(place)) return;
  const { load, memory, threads } = place.limits;
  const said: Buffer[] = [];
  let words = '';
  const child = processes.start({
    argv: [process.execPath, CHILD],
    cwd: place.folder,
    env: {},
    timeout: load,
    grace: 200,
    memory,
    aside: true,
    stdin: 'pipe',
    onOutput(chunk, stream) {
      if (stream === 'stdout') said.push(chunk);
      else words = (words + chunk.toString()).slice(-500);
    },
  });
  child.stdin?.on('error', () => undefined); // it ended early; its end says why
  child.stdin?.end(JSON.stringify(place));
  const { reason, message } = await child.ended;
  if (reason === 'timeout') throw new ModelFault(`loading took longer than its limit of ${load / 1000} s`);
  if (reason !== 'ok') {
    const last = words.trim().split('\n').at(-1) ?? '';
    throw new ModelFault(
      `the model file ended the process that tried it: ${message}${last === '' ? '' : ` (${last})`}`,
    );
  }
  const tried = deserialize(Buffer.concat(said)) as Tried; // our own child
  if ('problem' in tried) throw new ModelFault(tried.problem);
  const fresh = `${keptAt(place)}.${newId()}`;
  await writeFile(fresh, serialize({ format: FORMAT, threads, findings: tried.findings } satisfies Kept));
  await rename(fresh, keptAt(place));
}
