import type { Ctx } from '../platform/ctx/index.ts';
import type { LogPart } from './contract.ts';
import type { Engine } from './run/engine.ts';
import { readLogFile, wholeText } from './run/log-file.ts';
import { selectExecution, selectStep, type StepRow } from './store.ts';

const DEFAULT = 256 * 1024;
const OVER = new Set(['succeeded', 'cached', 'failed', 'cancelled', 'skipped']);

/** The step `_environment` stands for what making the environments said. */
export const ENVIRONMENT_LOG = '_environment';

/** Part of a step's log, from an offset in bytes; while the step runs, as far as it has got. */
export async function readLog(
  ctx: Ctx,
  execution: string,
  name: string,
  query: { offset?: number | undefined; limit?: number | undefined },
  engine: Engine,
): Promise<LogPart> {
  if (name === ENVIRONMENT_LOG) {
    const row = await selectExecution(ctx, execution);
    if (row.environment_log !== null) return fromBlob(ctx, row.environment_log, query);
    return fromFile(engine, execution, name, query, row.state !== 'queued' && row.state !== 'running');
  }
  return readStepLog(ctx, await selectStep(ctx, execution, name), query, engine);
}

export async function readStepLog(
  ctx: Ctx,
  step: StepRow,
  { offset = 0, limit = DEFAULT }: { offset?: number | undefined; limit?: number | undefined },
  engine: Engine,
): Promise<LogPart> {
  const over = OVER.has(step.state);
  if (!over || step.log_hash === null)
    return fromFile(engine, step.execution_id, step.name, { offset, limit }, over);
  return fromBlob(ctx, step.log_hash, { offset, limit });
}

async function fromBlob(
  ctx: Ctx,
  hash: string,
  { offset = 0, limit = DEFAULT }: { offset?: number | undefined; limit?: number | undefined },
): Promise<LogPart> {
  const { size } = (await ctx.blobs.info(hash)) ?? { size: 0 };
  if (offset >= size) return { text: '', next: offset, done: true };
  const end = Math.min(offset + limit, size);
  const chunks: Buffer[] = [];
  for await (const chunk of (await ctx.blobs.open(hash, {
    start: offset,
    end: end - 1,
  })) as AsyncIterable<Buffer>)
    chunks.push(chunk);
  const { text, used } = wholeText(Buffer.concat(chunks), end === size);
  return { text, next: offset + used, done: offset + used >= size };
}

function fromFile(
  engine: Engine,
  execution: string,
  name: string,
  { offset = 0, limit = DEFAULT }: { offset?: number | undefined; limit?: number | undefined },
  over: boolean,
): LogPart {
  const part = readLogFile(engine.logOf(execution, name), offset, limit);
  if (!part) return { text: '', next: offset, done: over };
  const { text, used } = wholeText(part.bytes, over && offset + part.bytes.length >= part.size);
  return { text, next: offset + used, done: over && offset + used >= part.size };
}
