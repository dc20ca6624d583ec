import type { Ctx } from '../../platform/ctx/index.ts';
import { tooLarge, TreadleError, unavailable } from '../../platform/errors/index.ts';
import type { AskedFile, Question, Tables } from '../../tables/index.ts';

/** Nobody waits for it, ms of the processor. */
const TIMEOUT = 10 * 60_000;

/** Asks a table reader in the background; what it cannot do is an error. */
export async function askBehind<Request, Answer>(
  ctx: Ctx,
  tables: Tables,
  question: Question<Request, Answer>,
  asked: { files: readonly AskedFile[]; request: Request; signal?: AbortSignal | undefined },
): Promise<Answer> {
  const outcome = await tables.ask(ctx, question, { lane: 'background', timeout: TIMEOUT, ...asked });
  if ('answer' in outcome) return outcome.answer;
  const { code, message } = outcome.fault;
  if (code === 'memory' || code === 'timeout')
    throw tooLarge(message, { hint: 'make windows shorter: treadle monitor set NAME --window 1h', code });
  throw unavailable(message, { code });
}

/** One attempt at a window. */
export interface Attempt {
  signal: AbortSignal;
  /** From 1. */
  attempt: number;
}

/** Attempts that are given up for what may be otherwise in a minute: a busy machine, a reader that died. */
const ATTEMPTS = 5;

/** Throws what another attempt may mend; what is left is a result of the window. */
export function passOn(error: unknown, { signal, attempt }: Attempt): void {
  signal.throwIfAborted(); // the server stops: another attempt does it
  if (error instanceof TreadleError && error.kind === 'unavailable' && attempt < ATTEMPTS) throw error;
}
