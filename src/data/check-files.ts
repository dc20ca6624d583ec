import { buffer } from 'node:stream/consumers';
import { createTurns } from '../platform/aside/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import { firstLook, type UnreadableTable } from '../tables/index.ts';
import { checkParquet } from './parquet-footer.ts';
import { quoted } from './paths.ts';
import { tableFormat } from './table-format.ts';
import type { TreeFile } from './tree.ts';

/** A text table larger than this surely has a row; of a larger one this much is looked at. */
const TEXT_BYTES = 64 * 1024;
/** Text tables of a commit that are looked into, and those that are then named: the profile reads all of them. */
const LOOKED_INTO = 200;
const NAMED = 5;

export type Allowed = 'empty' | 'broken';

/** Files that are surely a mistake, and what will be refused as soon as somebody reads it as a table. */
interface Found {
  empty: string[];
  rowless: string[];
  broken: Array<{ path: string; what: string }>;
  unreadable: UnreadableTable[];
  /** Tables that were looked into. */
  large: number;
  small: number;
}

/**
 * Refuses files that are surely a mistake, unless the caller says that they are meant. Looks at new files only, portion by portion.
 * Returns what is kept and will be refused as soon as somebody reads it as a table.
 */
export async function checkFiles(
  ctx: Ctx,
  portions: AsyncIterable<readonly TreeFile[]>,
  allow: readonly Allowed[],
): Promise<string[]> {
  const found: Found = { empty: [], rowless: [], broken: [], unreadable: [], large: 0, small: 0 };
  for await (const files of portions) await lookInto(ctx, files, found);
  refuse(found, allow);
  return warnings(found);
}

async function lookInto(ctx: Ctx, files: readonly TreeFile[], found: Found): Promise<void> {
  const { empty, rowless, broken } = found;
  const turns = createTurns();
  const texts = new Map<string, TreeFile[]>();
  const large: TreeFile[] = [];
  const look = (path: string, start: Buffer, whole: boolean): void => {
    const format = tableFormat(path);
    const fault = format && firstLook(start, whole, quoted(path), format);
    if (fault) found.unreadable.push(fault);
  };
  for (const file of files) {
    const format = tableFormat(file.path);
    if (file.size === 0) empty.push(file.path);
    else if (format === 'parquet') {
      const parquet = await checkParquet(file.size, (start, end) => rangeOf(ctx, file.hash, start, end));
      if ('broken' in parquet) broken.push({ path: file.path, what: parquet.broken });
      else if (parquet.rows === 0) rowless.push(file.path);
    } else if (format && !/\.(gz|zst)$/i.test(file.path)) {
      const same = texts.get(file.hash);
      if (file.size > TEXT_BYTES) large.push(file);
      else if (same) same.push(file);
      else texts.set(file.hash, [file]);
    }
  }
  for (const { path, hash } of large.slice(0, Math.max(0, LOOKED_INTO - found.large)))
    look(path, await rangeOf(ctx, hash, 0, TEXT_BYTES - 1), false);
  found.large += large.length;
  for await (const { hash, content } of ctx.blobs.readMany(texts.keys())) {
    if (!(content instanceof Buffer)) continue;
    for (const { path } of texts.get(hash) ?? []) {
      if (!hasRow(content, tableFormat(path) === 'csv' ? 1 : 0)) rowless.push(path);
      else if (found.small++ < LOOKED_INTO) look(path, content, true);
    }
    const due = turns();
    if (due) await due;
  }
}

function refuse({ empty, rowless, broken }: Found, allow: readonly Allowed[]): void {
  if (!allow.includes('empty') && empty.length > 0) {
    throw invalid(`${named(empty)} ${empty.length === 1 ? 'is an empty file' : 'are empty files'}`, {
      field: 'files',
      hint: 'leave them out, or say that they are meant with --allow-empty',
      code: 'empty-file',
    });
  }
  if (!allow.includes('broken') && broken.length > 0) {
    const first = broken[0]!;
    const others = broken.length > 1 ? ` (and ${broken.length - 1} more)` : '';
    throw invalid(`${quoted(first.path)} is a broken Parquet file: ${first.what}${others}`, {
      field: 'files',
      hint: 'write it again, or say that it is meant with --allow-broken',
      code: 'broken-parquet',
    });
  }
  if (!allow.includes('empty') && rowless.length > 0) {
    throw invalid(`${named(rowless)} ${rowless.length === 1 ? 'is a table' : 'are tables'} without a row`, {
      field: 'files',
      hint: 'leave it out, or say that it is meant with --allow-empty',
      code: 'empty-table',
    });
  }
}

function warnings({ unreadable }: Found): string[] {
  const more = unreadable.length - NAMED;
  return [
    ...unreadable
      .slice(0, NAMED)
      .map(
        ({ message, hint }) =>
          `${message}; it is stored as it is, and is refused whenever it is read as a table${hint === undefined ? '' : ` → ${hint}`}`,
      ),
    ...(more > 0 ? [`${more} more tables are like that; treadle data show names them`] : []),
  ];
}

const rangeOf = async (ctx: Ctx, hash: string, start: number, end: number): Promise<Buffer> =>
  buffer(await ctx.blobs.open(hash, { start, end }));

/** Whether there are more than `headings` lines with something in them. */
function hasRow(content: Buffer, headings: number): boolean {
  let lines = 0;
  for (const [line] of content.toString('utf8').matchAll(/[^\r\n]+/g))
    if (line.trim() !== '' && ++lines > headings) return true;
  return false;
}

function named(paths: readonly string[]): string {
  const shown = paths.slice(0, 5).map(quoted).join(', ');
  return paths.length > 5 ? `${shown} and ${paths.length - 5} more` : shown;
}
