import type { Ctx } from '../../platform/ctx/index.ts';
import { localName, type AskedFile, type Outcome, type Reading, type Tables } from '../../tables/index.ts';
import type { TableFile } from '../data/table-source.ts';
import type { TableQuestion } from './protocol.ts';
import { COLUMNS, FACTS } from './questions.ts';

/** Longest that one look at all rows may take, once it has its place. */
const HOUR = 60 * 60_000;

/** What the scoring process asks of its table, asked of a table reader. Types are settled once: the later questions begin there. */
export function askTables(
  ctx: Ctx,
  tables: Tables,
  gate: readonly TableFile[],
  { bytes, signal }: { bytes: number; signal: AbortSignal },
): (question: TableQuestion, hear: (parts: string) => Promise<void> | void) => Promise<Outcome<unknown>> {
  const files = gate.map(({ path: shown, hash, format }, i): AskedFile => {
    return { file: localName(String(i), shown, format), shown, format, hash };
  });
  const asked = { lane: 'work', files, timeout: HOUR, signal } as const;
  let reading: Reading | undefined;
  return async (question, hear) => {
    if ('facts' in question) {
      const table = files.map(({ file, shown, format }) => ({ file, shown, format }));
      const { exact } = question.facts;
      const outcome = await tables.ask(ctx, FACTS, { ...asked, request: { table, exact } });
      if ('fault' in outcome) return outcome;
      ({ reading } = outcome.answer);
      return { answer: outcome.answer.facts };
    }
    if (!reading) throw new Error('columns were asked for before the table was looked at');
    const request = { reading, columns: question.columns, bytes };
    return tables.ask(ctx, COLUMNS, { ...asked, request, hear });
  };
}
