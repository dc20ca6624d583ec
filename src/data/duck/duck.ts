import { rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Ctx } from '../../platform/ctx/index.ts';
import { invalid, limited, tooLarge, unavailable, type TreadleError } from '../../platform/errors/index.ts';
import { ownCode, type Processes } from '../../platform/processes/index.ts';
import type { DuckAnswer, DuckRequest } from './protocol.ts';

/** Runs DuckDB in processes of its own: a crash, a flood or a break-in there is not one here. */
export interface Duck {
  /** `files` maps the names that the request uses to blobs; they are put into the process's working directory. */
  ask(
    ctx: Ctx,
    request: DuckRequest,
    files: ReadonlyMap<string, string>,
    limits?: { timeout?: number; signal?: AbortSignal },
  ): Promise<DuckAnswer>;
}

const MiB = 1024 * 1024;
/** Resident memory of the process; DuckDB's own limit, well below, comes first. */
const MEMORY = 1536 * MiB;
const ANSWER = 64 * MiB;
const AT_ONCE = 2;
const MOST_WAITING = 32;
const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const CHILD = fileURLToPath(new URL(`./child.${EXTENSION}`, import.meta.url));

export function createDuck(processes: Processes): Duck {
  const turn = turns();
  return {
    async ask(ctx, request, files, { timeout = 60_000, signal } = {}) {
      const release = await turn();
      try {
        const folder = await ctx.blobs.scratch();
        try {
          for (const [name, hash] of files)
            await ctx.blobs.materialise(hash, path.join(folder, name), { mode: 0o444, shared: true });
          return await converse(processes, folder, request, timeout, signal);
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
  request: DuckRequest,
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<DuckAnswer> {
  const out: Buffer[] = [];
  let size = 0;
  let complaint = '';
  const child = processes.start({
    argv: [process.execPath, CHILD],
    cwd,
    env: {}, // nothing of the server's own: no token, no address
    isolate: { read: ownCode(), write: [cwd], network: false },
    timeout,
    grace: 200,
    memory: MEMORY,
    signal,
    aside: request.op === 'profile', // nobody waits for one
    stdin: 'pipe',
    onOutput(chunk, stream) {
      if (stream === 'stderr') complaint = (complaint + chunk.toString()).slice(-2000);
      else if ((size += chunk.length) <= ANSWER) out.push(chunk);
    },
  });
  child.stdin?.on('error', () => undefined); // it ended early; its end says why
  child.stdin?.end(JSON.stringify(request));
  const ended = await child.ended;
  if (ended.reason === 'timeout') {
    throw tooLarge(`the query took longer than ${Math.round(timeout / 1000)} s`, {
      field: 'query',
      hint: 'ask for fewer rows or columns',
      code: 'timeout',
    });
  }
  if (ended.reason === 'oom') throw outOfMemory();
  if (ended.reason !== 'ok' || size > ANSWER) {
    throw unavailable(`the table reader stopped: ${ended.message}`, {
      hint: 'try again; the server log has its last words',
      cause: new Error(complaint),
    });
  }
  // The child is our own code.
  return JSON.parse(Buffer.concat(out).toString('utf8')) as DuckAnswer;
}

const outOfMemory = (): TreadleError =>
  tooLarge('the query needs more than 1 GiB of memory', {
    field: 'query',
    hint: 'ask for fewer rows or columns, or aggregate first',
    code: 'out-of-memory',
  });

/** The answer's error as one of ours. */
export function refused(answer: DuckAnswer): TreadleError | undefined {
  if (!('error' in answer)) return undefined;
  if (answer.error.code === 'memory') return outOfMemory();
  if (answer.error.code === 'unreadable') {
    return invalid(answer.error.message, {
      field: 'path',
      hint: answer.error.hint ?? 'the file is not what its name says, or it is damaged',
      code: 'unreadable',
    });
  }
  const { message } = answer.error;
  const hint = /at or near "@"/.test(message)
    ? "put the ref in quotes: from 'flights@v3'"
    : "tables are refs in quotes, 'flights@v3'; for the language see https://duckdb.org/docs/stable/sql/introduction";
  return invalid(message, { field: 'query', hint });
}

/** Two processes at a time; more wait, and beyond a few dozen are turned away. */
function turns(): () => Promise<() => void> {
  let free = AT_ONCE;
  const waiting: Array<() => void> = [];
  const release = (): void => {
    const next = waiting.shift();
    if (next) next();
    else free++;
  };
  return async () => {
    if (free > 0) free--;
    else if (waiting.length >= MOST_WAITING)
      throw limited('too many queries wait already', { hint: 'try again in a moment' });
    else await new Promise<void>((resolve) => void waiting.push(resolve));
    return release;
  };
}
