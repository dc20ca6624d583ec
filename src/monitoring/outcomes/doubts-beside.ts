import type { Ctx } from '../../platform/ctx/index.ts';
import { TreadleError } from '../../platform/errors/index.ts';
import type { Serving } from '../../serving/index.ts';
import { identifier, QUERY, quote, type AskedFile, type Tables, type View } from '../../tables/index.ts';
import type { OutcomeColumns } from '../contract.ts';
import { openLog } from '../open-log.ts';
import { openOutcomes } from './open-outcomes.ts';

/** Labels of classes; of more they are numbers or texts that are free. */
const CLASSES = 20;
/** So often each class was told, on average: few outcomes of a number have few values, too. */
const EACH = 10;
/** Tables of before that are looked through for their labels. */
const NEWEST = 3;

/** Rows of a table as outcomes, as SQL. */
interface Given {
  rows: string;
  columns: OutcomeColumns;
}

interface How {
  lane: 'work';
  files: readonly AskedFile[];
  timeout: number;
  signal: AbortSignal | undefined;
}

type Answers = ReadonlyArray<readonly unknown[]>;
type Ask = (sql: string) => Promise<Answers>;

/** What looks wrong in rows that are taken beside outcomes and predictions of before: a sentence each. Where those cannot be read nothing is said. */
export async function doubtsBeside(
  ctx: Ctx,
  parts: { serving: Pick<Serving, 'recorded'>; tables: Tables },
  of: { endpoint: string; name: string },
  given: Given & { views: readonly View[] },
  how: How,
): Promise<string[]> {
  const asking =
    (beside: { files: readonly AskedFile[]; views: readonly View[] }): Ask =>
    async (query) => {
      const views = [...given.views, ...beside.views];
      const files = [...how.files, ...beside.files];
      const request = { query, views, limit: 100, bytes: 1024 * 1024 };
      const outcome = await parts.tables.ask(ctx, QUERY, { ...how, files, request });
      return 'fault' in outcome ? [] : outcome.answer.rows;
    };
  const before = await openOutcomes(ctx, of.endpoint, { text: 'before', prefix: 'before' }, NEWEST);
  const said = before ? await newLabels(asking(before), identifier(before.name), given) : [];
  if (given.columns.id === undefined || given.columns.row === undefined) return said;
  const [[from, to] = []] = await asking({ files: [], views: [] })(
    `select min(epoch_ms(time)), max(epoch_ms(time)) from ${given.rows} where problem is null`,
  );
  if (from === undefined) return said;
  const span = { from: Number(from), to: Number(to) + 1 };
  try {
    const log = openLog(
      await parts.serving.recorded(ctx, of.name, span),
      { text: 'log', prefix: 'log' },
      span,
    );
    return [...said, ...(await beyondRows(asking(log), 'log', given))];
  } catch (error) {
    if (error instanceof TreadleError) return said;
    throw error;
  }
}

/** As a text; 1, 1.0 and true are one label. */
const SAME = 'coalesce(number::varchar, label)';

/** Labels that outcomes of before do not have, where these are of few classes. */
export async function newLabels(ask: Ask, before: string, { rows, columns }: Given): Promise<string[]> {
  const known = await ask(
    `select ${SAME}, any_value(label), count(*) from ${before}
     group by 1 order by 3 desc, 1 limit ${CLASSES + 1}`,
  );
  const told = known.reduce((sum, [, , n]) => sum + Number(n), 0);
  if (known.length === 0 || known.length > CLASSES || told < EACH * Math.max(2, known.length)) return [];
  const list = known.map(([same]) => quote(String(same))).join(', ');
  const [[n, label] = []] = await ask(
    `select count(*), mode(label) from ${rows} where problem is null and ${SAME} not in (${list})`,
  );
  if (n === undefined || Number(n) === 0) return [];
  const shown = (one: unknown): string => `'${String(one).slice(0, 60)}'`;
  return [
    `${count(Number(n))} of '${columns.label}' with a label that outcomes of before do not have, such as ${shown(label)}; they have ${known.map(([, one]) => shown(one)).join(', ')}`,
  ];
}

/** Rows that the prediction does not have. */
export async function beyondRows(ask: Ask, log: string, { rows, columns }: Given): Promise<string[]> {
  const [[n, row, prediction, has] = []] = await ask(
    `select count(*), min(taken."row"), arg_min(prediction, taken."row"), arg_min(n, taken."row")
     from (select prediction, "row" from ${rows} where problem is null) taken
     join (select prediction, max("row") + 1 as n from ${log} where role <> 'shadow' group by 1) using (prediction)
     where taken."row" >= n`,
  );
  if (n === undefined || Number(n) === 0) return [];
  return [
    `${count(Number(n))} of '${columns.row}' beyond the rows of the prediction, such as row ${String(row)} of ${String(prediction)}, which has ${count(Number(has))}, from 0: they meet no record`,
  ];
}

const count = (n: number): string => (n === 1 ? '1 row' : `${n.toLocaleString('en')} rows`);
