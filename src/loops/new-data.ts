import { countRows, resolveRef } from '../data/index.ts';
import { parseRef } from '../data/contract.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { TreadleError } from '../platform/errors/index.ts';
import type { Trigger } from './contract.ts';
import type { Engine } from './engine.ts';

/** How a branch stands against what was trained on last. */
export interface NewData {
  /** Id of the version that the branch names. */
  version: string | undefined;
  /** Enough is new. */
  enough: boolean;
  /** In a sentence. */
  words: string;
}

/** Rows are those of its tables: what replaced others is not counted as new, where rows are asked for. */
export async function newData(
  ctx: Ctx,
  { pipelines }: Pick<Engine, 'pipelines'>,
  pipeline: string,
  { data = '', rows, percent }: Trigger,
): Promise<NewData> {
  const no = (words: string, version?: string): NewData => ({ version, enough: false, words });
  const head = await headOf(ctx, data);
  if (!head) return no(`there is no ${data} yet`);
  const last = (await pipelines.trainedOn(ctx, pipeline))
    .flatMap((read) => read.filter(({ dataset }) => dataset === head.dataset))
    .at(0);
  const since = last === undefined ? 'nothing was trained on it yet' : `${last.version} was trained on last`;
  if (last?.version_id === head.id) return no(`${head.name} was trained on`, head.id);
  if (rows === undefined && percent === undefined)
    return { version: head.id, enough: true, words: `${data} is ${head.name}; ${since}` };
  const now = await countRows(ctx, head.id);
  if (now === undefined)
    return no(
      head.profile === 'pending'
        ? `the rows of ${head.name} are being counted`
        : `the rows of ${head.name} cannot be counted`,
      head.id,
    );
  const before = last === undefined ? 0 : ((await countRows(ctx, last.version_id)) ?? 0);
  const more = now - before;
  const grown = before === 0 ? Infinity : (100 * more) / before;
  const asked = [
    ...(rows === undefined ? [] : [`${rows.toLocaleString('en')} rows`]),
    ...(percent === undefined ? [] : [`${percent} %`]),
  ].join(' or ');
  const is = `${head.name} has ${more.toLocaleString('en')} rows more${Number.isFinite(grown) && percent !== undefined ? ` (${grown.toFixed(1)} %)` : ''}; ${since}`;
  const enough =
    (rows !== undefined && more >= rows) || (percent !== undefined && more > 0 && grown >= percent);
  return { version: head.id, enough, words: enough ? is : `${is}; ${asked} are asked for` };
}

async function headOf(ctx: Ctx, ref: string) {
  const { dataset = ref, selector = 'main' } = parseRef(ref) ?? {};
  try {
    return await resolveRef(ctx, `${dataset}@${selector}`);
  } catch (error) {
    if (error instanceof TreadleError && error.kind === 'missing') return undefined;
    throw error;
  }
}
