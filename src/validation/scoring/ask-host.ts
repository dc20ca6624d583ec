import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { programFile } from '../../platform/aside/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { invalid, tooLarge, TreadleError, unavailable } from '../../platform/errors/index.ts';
import { machineMemory } from '../../platform/machine/index.ts';
import { lineReader, type Processes } from '../../platform/processes/index.ts';
import type { Tables } from '../../tables/index.ts';
import type { TableFile } from '../data/table-source.ts';
import { askTables } from './ask-tables.ts';
import type { Assessment, AssessLine, AssessRequest, HostLine, TableQuestion } from './protocol.ts';

const HOST = fileURLToPath(programFile('judge-host', import.meta.url));
const GiB = 1024 ** 3;
/** Resident memory of the process with all models that it loads: most of the machine, since a model alone may take half. */
const MEMORY = Math.floor((machineMemory() * 3) / 4);
/** Processor time that one evaluation may take here, and the longest by the clock: its models may have processes of their own, and its table a queue. */
const HOUR = 60 * 60_000;
const LONGEST = 4 * HOUR;

/** Scores in a process of its own, so that a long scoring never holds up the server; the table comes to it from a table reader. */
export async function askHost(
  ctx: Ctx,
  { processes, tables }: { processes: Processes; tables: Tables },
  files: readonly TableFile[],
  request: Omit<AssessRequest, 'isolation'>,
  say: (stage: string) => void,
  signal: AbortSignal | undefined,
): Promise<Assessment> {
  const cwd = await ctx.blobs.scratch();
  const gone = new AbortController();
  const either = signal ? AbortSignal.any([signal, gone.signal]) : gone.signal;
  const ask = askTables(ctx, tables, files, { bytes: MEMORY, signal: either });
  try {
    return await converse(processes, cwd, request, { ask, say, signal });
  } finally {
    // Nobody waits any more for what it may still have asked.
    gone.abort();
    await rm(cwd, { recursive: true, force: true });
  }
}

async function converse(
  processes: Processes,
  cwd: string,
  request: Omit<AssessRequest, 'isolation'>,
  {
    ask,
    say,
    signal,
  }: {
    ask: ReturnType<typeof askTables>;
    say: (stage: string) => void;
    signal: AbortSignal | undefined;
  },
): Promise<Assessment> {
  let answer:
    | Extract<AssessLine, { assessment: unknown }>
    | Extract<AssessLine, { error: unknown }>
    | undefined;
  let unanswered: Error | undefined;
  let complaint = '';
  const lines = lineReader((line) => {
    const message = JSON.parse(line) as AssessLine; // the child is our own code
    if ('stage' in message) say(message.stage);
    else if ('facts' in message || 'columns' in message) void reply(message);
    else answer = message;
  });
  const child = processes.start({
    argv: [process.execPath, HOST],
    cwd,
    env: {}, // nothing of the server's own: no token, no address
    cpuTimeout: HOUR,
    timeout: LONGEST,
    memory: MEMORY,
    signal,
    stdin: 'pipe',
    onOutput(chunk, stream) {
      if (stream === 'stderr') complaint = (complaint + chunk.toString()).slice(-4000);
      else lines(chunk);
    },
  });
  const { stdin } = child;
  stdin?.on('error', () => undefined); // it ended early; its end says why
  /** Gives a promise while more is on its way than the pipe holds. */
  const send = (line: string): Promise<void> | undefined => {
    if (!stdin || stdin.destroyed || stdin.write(`${line}\n`)) return undefined;
    const nothing = (): void => undefined;
    return Promise.race([once(stdin, 'drain'), child.ended]).then(nothing, nothing);
  };
  const reply = async (question: TableQuestion): Promise<void> => {
    try {
      await send(JSON.stringify(await ask(question, send)));
    } catch (error) {
      unanswered ??= error instanceof Error ? error : new Error(String(error));
      child.stop('cancelled');
    }
  };
  await send(JSON.stringify({ request: { ...request, isolation: processes.isolation } } satisfies HostLine));
  const ended = await child.ended;
  signal?.throwIfAborted();
  if (unanswered) throw unanswered;
  if (answer && 'assessment' in answer) return answer.assessment;
  if (answer) {
    const { kind, message, field, hint } = answer.error;
    const details = { ...(field === undefined ? {} : { field }), ...(hint === undefined ? {} : { hint }) };
    if (kind !== undefined) throw new TreadleError(kind, message, details);
    throw invalid(message, {
      field: 'version',
      hint: 'the model failed while it was scored',
      cause: new Error(complaint),
    });
  }
  if (ended.reason === 'oom')
    throw tooLarge(`scoring needs more memory than ${(MEMORY / GiB).toFixed(1)} GiB`, {
      field: 'data',
      hint: 'judge on a sample',
    });
  if (ended.reason === 'timeout')
    throw tooLarge(`scoring took too long: ${ended.message}`, { field: 'data', hint: 'judge on a sample' });
  throw unavailable(`scoring stopped: ${ended.message}`, {
    hint: 'a model may have crashed; the server log has its last words',
    cause: new Error(complaint),
  });
}
