import { rm } from 'node:fs/promises';
import { totalmem } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { programFile } from '../../platform/aside/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { invalid, tooLarge, TreadleError, unavailable } from '../../platform/errors/index.ts';
import { lineReader, type Processes } from '../../platform/processes/index.ts';
import { localName } from '../../tables/index.ts';
import type { TableFile } from '../data/table-source.ts';
import type { Assessment, AssessLine, AssessRequest } from './protocol.ts';

const HOST = fileURLToPath(programFile('judge-host', import.meta.url));
const GiB = 1024 ** 3;
/** Resident memory of the process with all models that it loads: most of the machine, since a model alone may take half. */
const MEMORY = Math.max(4, Math.floor((totalmem() * 3) / 4 / GiB)) * GiB;
/** Longest that one evaluation may take. */
const TIMEOUT = 60 * 60_000;

/** Scores in a process of its own, so that a long scoring never holds up the server. */
export async function askHost(
  ctx: Ctx,
  processes: Processes,
  files: readonly TableFile[],
  request: Omit<AssessRequest, 'files' | 'isolation'>,
  say: (stage: string) => void,
  signal: AbortSignal | undefined,
): Promise<Assessment> {
  const folder = await ctx.blobs.scratch();
  try {
    const local = files.map(({ path: shown, format }, i) => ({
      file: localName(String(i), shown, format),
      shown,
      format,
    }));
    for (const [i, { hash }] of files.entries())
      await ctx.blobs.materialise(hash, path.join(folder, local[i]!.file), { mode: 0o444 });
    return await converse(
      processes,
      folder,
      { ...request, files: local, isolation: processes.isolation },
      say,
      signal,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function converse(
  processes: Processes,
  cwd: string,
  request: AssessRequest,
  say: (stage: string) => void,
  signal: AbortSignal | undefined,
): Promise<Assessment> {
  let answer:
    | Extract<AssessLine, { assessment: unknown }>
    | Extract<AssessLine, { error: unknown }>
    | undefined;
  let complaint = '';
  const lines = lineReader((line) => {
    const message = JSON.parse(line) as AssessLine; // the child is our own code
    if ('stage' in message) say(message.stage);
    else answer = message;
  });
  const child = processes.start({
    argv: [process.execPath, HOST],
    cwd,
    env: {}, // nothing of the server's own: no token, no address
    timeout: TIMEOUT,
    memory: MEMORY,
    signal,
    stdin: 'pipe',
    onOutput(chunk, stream) {
      if (stream === 'stderr') complaint = (complaint + chunk.toString()).slice(-4000);
      else lines(chunk);
    },
  });
  child.stdin?.on('error', () => undefined); // it ended early; its end says why
  child.stdin?.end(JSON.stringify(request));
  const ended = await child.ended;
  signal?.throwIfAborted();
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
    throw tooLarge(`scoring needs more memory than ${MEMORY / GiB} GiB`, {
      field: 'data',
      hint: 'judge on a sample',
    });
  if (ended.reason === 'timeout')
    throw tooLarge('scoring took longer than an hour', { field: 'data', hint: 'judge on a sample' });
  throw unavailable(`scoring stopped: ${ended.message}`, {
    hint: 'a model may have crashed; the server log has its last words',
    cause: new Error(complaint),
  });
}
