import { rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Ctx } from '../../platform/ctx/index.ts';
import { invalid, limited, tooLarge, unavailable, type TreadleError } from '../../platform/errors/index.ts';
import { ownCode, type Ended, type Processes } from '../../platform/processes/index.ts';
import { localName } from '../../tables/index.ts';
import {
  MEMORY,
  type DisjointAnswer,
  type DisjointRequest,
  type FileInput,
  type TableFault,
  type TableLine,
} from './protocol.ts';
import type { TableFile } from './table-source.ts';

/** Compares tables in processes of their own: a crash, a flood or a break-in there is not one here. */
export interface Tables {
  /** `request` gets the names under which the process finds the files, in their order. */
  ask(
    ctx: Ctx,
    files: readonly TableFile[],
    request: (inputs: FileInput[]) => DisjointRequest,
    options?: { hear?: (say: string) => void; signal?: AbortSignal | undefined; timeout?: number },
  ): Promise<DisjointAnswer>;
}

const MiB = 1024 * 1024;
/** Resident memory of the process; DuckDB's own limit, well below, comes first. */
const RESIDENT = MEMORY + 1536 * MiB;
const HOUR = 3_600_000;
const AT_ONCE = 2;
const MOST_WAITING = 64;
/** The longest answer: a hundred rows by name, of whatever width. */
const ANSWER = 64 * MiB;
const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const CHILD = fileURLToPath(new URL(`./table-child.${EXTENSION}`, import.meta.url));

export function createTables(processes: Processes): Tables {
  const turn = turns();

  return {
    async ask(ctx, files, request, { hear, signal, timeout = HOUR } = {}) {
      const release = await turn(signal);
      try {
        const folder = await ctx.blobs.scratch();
        try {
          const inputs = files.map(({ path: shown, hash, format }): FileInput => {
            return { file: localName(hash.slice(0, 32), shown, format), shown, format };
          });
          for (const [i, { hash }] of files.entries()) {
            signal?.throwIfAborted();
            const { file } = inputs[i]!;
            // The same bytes under two names are one file here.
            if (inputs.findIndex((one) => one.file === file) < i) continue;
            await ctx.blobs.materialise(hash, path.join(folder, file), { mode: 0o444, shared: true });
          }
          return await converse(processes, folder, request(inputs), { hear, signal, timeout });
        } finally {
          await rm(folder, { recursive: true, force: true });
        }
      } finally {
        release();
      }
    },
  };
}

async function converse(
  processes: Processes,
  cwd: string,
  request: DisjointRequest,
  {
    hear,
    signal,
    timeout,
  }: { hear?: ((say: string) => void) | undefined; signal?: AbortSignal | undefined; timeout: number },
): Promise<DisjointAnswer> {
  let text = '';
  let answer: Exclude<TableLine, { say: string }> | undefined;
  let complaint = '';
  const decoder = new TextDecoder();
  const child = processes.start({
    argv: [process.execPath, CHILD],
    cwd,
    env: {}, // nothing of the server's own: no token, no address
    isolate: { read: ownCode(), write: [cwd], network: false },
    timeout,
    grace: 200,
    memory: RESIDENT,
    signal,
    stdin: 'pipe',
    onOutput(chunk, stream) {
      if (stream === 'stderr') {
        complaint = (complaint + chunk.toString()).slice(-2000);
        return;
      }
      text += decoder.decode(chunk, { stream: true });
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const line = JSON.parse(text.slice(0, end)) as TableLine; // written by our own code
        text = text.slice(end + 1);
        if ('say' in line) hear?.(line.say);
        else answer = line;
      }
      if (text.length > ANSWER) child.stop('oom');
    },
  });
  child.stdin?.on('error', () => undefined); // it ended early; its end says why
  child.stdin?.end(JSON.stringify(request));
  const ended = await child.ended;
  signal?.throwIfAborted();
  if (!answer) throw stopped(ended, complaint);
  if ('error' in answer) throw refused(answer.error);
  return answer.disjoint;
}

/** A fault that the table reader named, as one of ours. */
function refused({ code, message, hint, field }: TableFault): TreadleError {
  if (code === 'memory')
    return tooLarge(
      `the comparison needs more memory than ${Math.round(MEMORY / MiB)} MiB and the disk gave`,
      {
        field: 'data',
        hint: 'take fewer columns or rows, or declare a key',
        code: 'out-of-memory',
      },
    );
  return invalid(message, {
    field: field ?? 'data',
    hint: hint ?? 'the file is not what its name says, or it is damaged',
    code,
  });
}

/** It ended without an answer. */
function stopped(ended: Ended, complaint: string): TreadleError {
  if (ended.reason === 'oom') return refused({ code: 'memory', message: ended.message });
  if (ended.reason === 'timeout')
    return tooLarge(`comparing the tables took too long: ${ended.message}`, {
      field: 'data',
      hint: 'take fewer rows',
      code: 'timeout',
    });
  return unavailable(`the table reader stopped: ${ended.message}`, {
    hint: 'try again; the server log has its last words',
    cause: new Error(complaint),
  });
}

/** Two processes at a time; more wait, and beyond a few dozen are turned away. */
function turns(): (signal: AbortSignal | undefined) => Promise<() => void> {
  let free = AT_ONCE;
  const waiting: Array<() => void> = [];
  const release = (): void => {
    const next = waiting.shift();
    if (next) next();
    else free++;
  };
  return async (signal) => {
    signal?.throwIfAborted();
    if (free > 0) free--;
    else if (waiting.length >= MOST_WAITING)
      throw limited('too many tables wait already to be read', { hint: 'try again in a moment' });
    else await new Promise<void>((resolve) => void waiting.push(resolve));
    return release;
  };
}
