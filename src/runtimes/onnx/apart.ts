import { fileURLToPath } from 'node:url';
import { deserialize, serialize } from 'node:v8';
import { programFile } from '../../platform/aside/index.ts';
import { ownCode, type Processes } from '../../platform/processes/index.ts';
import type { ModelPlace } from '../model.ts';

/** What a process of ours said, each a value of its own, and how it ended. */
export interface Apart {
  said: unknown[];
  ended: 'ok' | 'timeout' | 'other';
  /** How it ended, with its last words. */
  how: string;
}

/**
 * Runs one of our programs on a model where nothing else lives: a file that crashes native code, hangs in it or wants all memory
 * ends that process alone, and what it said before is heard.
 */
export async function apart(
  program: 'probe-child' | 'ask-child',
  place: ModelPlace,
  input: unknown,
  processes: Processes,
  signal?: AbortSignal,
): Promise<Apart> {
  const said: Buffer[] = [];
  let words = '';
  const child = processes.start({
    argv: [process.execPath, fileURLToPath(programFile(program, import.meta.url))],
    cwd: place.folder,
    env: {},
    isolate: { read: [...ownCode(), place.folder], network: false },
    cpuTimeout: place.limits.load,
    grace: 200,
    memory: place.limits.memory,
    stdin: 'pipe',
    ...(signal ? { signal } : {}),
    onOutput(chunk, stream) {
      if (stream === 'stdout') said.push(chunk);
      else words = (words + chunk.toString()).slice(-500);
    },
  });
  child.stdin?.on('error', () => undefined); // it ended early; its end says why
  child.stdin?.end(serialize(input));
  const { reason, message } = await child.ended;
  const last = words.trim().split('\n').at(-1) ?? '';
  return {
    said: values(Buffer.concat(said)),
    ended: reason === 'ok' || reason === 'timeout' ? reason : 'other',
    how: `${message}${last === '' ? '' : ` (${last})`}`,
  };
}

/** Whole values, as far as the child got; our own child wrote them. */
function values(bytes: Buffer): unknown[] {
  const whole: unknown[] = [];
  for (let at = 0; at + 4 <= bytes.length;) {
    const to = at + 4 + bytes.readUInt32LE(at);
    if (to > bytes.length) break;
    whole.push(deserialize(bytes.subarray(at + 4, to)));
    at = to;
  }
  return whole;
}

/** The child's end: what stdin holds. */
export async function heard(): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return deserialize(Buffer.concat(chunks));
}

/** The child's end: says one value, as its length and its bytes. */
export function say(value: unknown): Promise<void> {
  const bytes = serialize(value);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return new Promise((resolve) => void process.stdout.write(Buffer.concat([length, bytes]), () => resolve()));
}
