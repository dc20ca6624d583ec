import { rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Ctx } from '../../platform/ctx/index.ts';
import { invalid, limited, tooLarge, unavailable, type TreadleError } from '../../platform/errors/index.ts';
import type { Ended, Processes, Running } from '../../platform/processes/index.ts';
import { MEMORY, type FileInput, type TableFault, type TableLine, type TableRequest } from './protocol.ts';
import type { TableFile } from './table-source.ts';

/** Reads and compares tables in processes of their own: a crash, a flood or a break-in there is not one here. */
export interface Tables {
  /** One question with one answer. `hear` gets what goes on meanwhile. */
  ask(
    ctx: Ctx,
    files: readonly TableFile[],
    request: (inputs: FileInput[]) => TableRequest,
    options?: { hear?: (say: string) => void; signal?: AbortSignal | undefined; timeout?: number },
  ): Promise<TableLine>;
  /** The process's own output, for what is too much for one answer; `close` ends it and clears up. */
  stream(
    ctx: Ctx,
    files: readonly TableFile[],
    request: (inputs: FileInput[]) => TableRequest,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<{ out: AsyncIterable<Buffer>; close(): Promise<Ended> }>;
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

  /** A folder with the files under names of ours, and the process in it. */
  async function begin(
    ctx: Ctx,
    files: readonly TableFile[],
    request: (inputs: FileInput[]) => TableRequest,
    options: { signal?: AbortSignal | undefined; timeout?: number; onOutput?: (chunk: Buffer) => void },
  ): Promise<{ child: Running; clear(): Promise<void> }> {
    const release = await turn(options.signal);
    let folder: string | undefined;
    const clear = async (): Promise<void> => {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
      release();
    };
    try {
      folder = await ctx.blobs.scratch();
      const names = new Map<string, string>();
      const inputs = files.map(({ path: shown, hash, format }): FileInput => {
        const file = `${hash.slice(0, 32)}.${format}${/\.gz$/i.test(shown) ? '.gz' : ''}`;
        names.set(file, hash);
        return { file, shown, format };
      });
      for (const [file, hash] of names) {
        options.signal?.throwIfAborted();
        await ctx.blobs.materialise(hash, path.join(folder, file), { link: true });
      }
      const { onOutput } = options;
      const child = processes.start({
        argv: [process.execPath, CHILD],
        cwd: folder,
        env: {}, // nothing of the server's own: no token, no address
        timeout: options.timeout ?? HOUR,
        grace: 200,
        memory: RESIDENT,
        signal: options.signal,
        stdin: 'pipe',
        ...(onOutput ? { onOutput: (chunk, stream) => stream === 'stdout' && onOutput(chunk) } : {}),
      });
      child.stdin?.end(JSON.stringify(request(inputs)));
      return { child, clear };
    } catch (error) {
      await clear();
      throw error;
    }
  }

  return {
    async ask(ctx, files, request, { hear, signal, timeout } = {}) {
      let text = '';
      let answer: TableLine | undefined;
      const decoder = new TextDecoder();
      const onOutput = (chunk: Buffer): void => {
        text += decoder.decode(chunk, { stream: true });
        if (text.length > ANSWER) text = '';
        for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
          const line = JSON.parse(text.slice(0, end)) as TableLine; // written by our own code
          text = text.slice(end + 1);
          if ('say' in line) hear?.(line.say);
          else answer = line;
        }
      };
      const { child, clear } = await begin(ctx, files, request, {
        signal,
        onOutput,
        ...(timeout === undefined ? {} : { timeout }),
      });
      try {
        const ended = await child.ended;
        signal?.throwIfAborted();
        if (!answer) throw stopped(ended);
        return answer;
      } finally {
        await clear();
      }
    },
    async stream(ctx, files, request, { signal } = {}) {
      const { child, clear } = await begin(ctx, files, request, { signal });
      return {
        out: child.stdout!,
        async close() {
          child.stop('cancelled');
          child.stdout?.destroy();
          try {
            return await child.ended;
          } finally {
            await clear();
          }
        },
      };
    },
  };
}

/** A fault that the table reader named, as one of ours. */
export function refused({ code, message, hint, field }: TableFault): TreadleError {
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
export function stopped(ended: Ended): TreadleError {
  if (ended.reason === 'oom') return refused({ code: 'memory', message: ended.message });
  if (ended.reason === 'timeout')
    return tooLarge(`reading the tables took too long: ${ended.message}`, {
      field: 'data',
      hint: 'take fewer rows',
      code: 'timeout',
    });
  return unavailable(`the table reader stopped: ${ended.message}`, { hint: 'try again' });
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
