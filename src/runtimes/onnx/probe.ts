import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { newId } from '../../platform/ids/index.ts';
import type { Processes } from '../../platform/processes/index.ts';
import { ModelFault, type ModelPlace } from '../model.ts';

const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const CHILD = fileURLToPath(new URL(`./probe-child.${EXTENSION}`, import.meta.url));

/**
 * Loads a file for the first time where nothing else lives: one that crashes native code, hangs in it or wants all memory ends
 * that process alone. Files never change in their folder, so what passed once is remembered beside it.
 */
export async function probeOnnx(place: ModelPlace, processes: Processes): Promise<void> {
  const mark = `${place.folder}.${path.basename(place.file ?? 'model.onnx')}.probed`;
  if (existsSync(mark)) return;
  const { load, memory } = place.limits;
  let text = '';
  let words = '';
  const child = processes.start({
    argv: [process.execPath, CHILD],
    cwd: place.folder,
    env: {},
    timeout: load,
    grace: 200,
    memory,
    stdin: 'pipe',
    onOutput(chunk, stream) {
      if (stream === 'stdout') text += chunk.toString();
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
  const { problem } = JSON.parse(text) as { problem?: string }; // our own child
  if (problem !== undefined) throw new ModelFault(problem);
  const fresh = `${mark}.${newId()}`;
  await writeFile(fresh, '');
  await rename(fresh, mark);
}
