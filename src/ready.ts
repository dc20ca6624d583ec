import type { LedgerRoom } from './ledger/index.ts';
import type { Ctx } from './platform/ctx/index.ts';
import { requireWritable, type Database } from './platform/db/index.ts';
import { TreadleError } from './platform/errors/index.ts';

/** How long an answer is good for, ms: asking costs a write, however many ask. */
const FRESH = 1_000;
/** Longest that a write may take before it counts as none, ms. */
const PATIENCE = 2_000;

interface Part {
  name: string;
  attempt(): Promise<void>;
  /** One that hangs is not asked a second time. */
  running: Promise<string | undefined> | undefined;
}

/**
 * Whether the server can take every kind of write: database, disk and ledger are each tried. Undefined, or why not, in words that anybody may
 * read.
 */
export function createReadiness(
  ctx: Ctx,
  database: Database,
  ledger: Pick<LedgerRoom, 'requireWritable'>,
): () => Promise<string | undefined> {
  const part = (name: string, attempt: () => Promise<void>): Part => ({ name, attempt, running: undefined });
  const parts = [
    part('database', () => requireWritable(database)),
    part('data folder', () => ctx.blobs.requireWritable()),
    part('ledger', () => ledger.requireWritable(ctx)),
  ];
  let before = '';
  let asked = 0;
  let answer: Promise<string | undefined> | undefined;
  const ask = async (): Promise<string | undefined> => {
    const found = await Promise.all(parts.map(probe));
    const why = found.filter((one) => one !== undefined).join('; ');
    if (why !== before) {
      if (why === '') ctx.log.info('the server takes all writes again');
      else ctx.log.warn('the server does not take all writes', { why });
    }
    before = why;
    return why === '' ? undefined : why;
  };
  return () => {
    const now = performance.now();
    if (!answer || now - asked > FRESH) {
      asked = now;
      answer = ask();
    }
    return answer;
  };
}

async function probe(part: Part): Promise<string | undefined> {
  part.running ??= part
    .attempt()
    .then(
      () => undefined,
      // Anybody may ask: what is not one of our own messages may say more than they should know.
      (error: unknown) => (error instanceof TreadleError ? error.message : 'it cannot be written'),
    )
    .finally(() => (part.running = undefined));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, PATIENCE, `it does not answer within ${PATIENCE / 1000} s`);
  });
  const found = await Promise.race([part.running, late]);
  clearTimeout(timer);
  return found === undefined ? undefined : `${part.name}: ${found}`;
}
