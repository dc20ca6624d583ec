import type { Ctx } from '../../platform/ctx/index.ts';
import { decode, type Batch } from './frames.ts';
import type { TableColumn, TableShape } from './protocol.ts';
import { refused, stopped, type Tables } from './tables.ts';
import type { TableSource } from './table-source.ts';

/** How many rows, and which columns. */
export async function describeSource(
  ctx: Ctx,
  tables: Tables,
  source: TableSource,
  signal?: AbortSignal,
): Promise<TableShape> {
  const answer = await tables.ask(ctx, source.files, (files) => ({ op: 'describe', files }), { signal });
  if ('error' in answer) throw refused(answer.error);
  if (!('shape' in answer)) throw new Error('the table reader answered something else');
  return answer.shape;
}

export interface OpenTable {
  columns: TableColumn[];
  /** The rows, in the order of the files; a place in it is the `gate_row` of a proof. Once only. */
  batches: AsyncIterable<Batch>;
  /** Ends the reading early; after the last batch it is over by itself. */
  close(): Promise<void>;
}

/** Opens the columns of a table for reading, all unless named. At most a few batches are ever in memory. */
export async function openTable(
  ctx: Ctx,
  tables: Tables,
  source: TableSource,
  columns?: readonly string[],
  { limit, signal }: { limit?: number; signal?: AbortSignal | undefined } = {},
): Promise<OpenTable> {
  const { out, close } = await tables.stream(
    ctx,
    source.files,
    (files) => ({ op: 'read', files, columns: columns ?? null, limit: limit ?? null }),
    { signal },
  );
  let closing: ReturnType<typeof close> | undefined;
  const end = (): ReturnType<typeof close> => (closing ??= close());
  const frames = decode(out);
  try {
    const first = await frames.next();
    if (first.done) throw stopped(await end());
    if (first.value.kind === 'error') throw refused(first.value.error);
    if (first.value.kind !== 'shape') throw new Error('the table reader answered something else');
    return {
      columns: first.value.columns,
      batches: rest(),
      async close() {
        await end();
      },
    };
  } catch (error) {
    await end();
    signal?.throwIfAborted();
    throw error;
  }

  async function* rest(): AsyncGenerator<Batch> {
    try {
      for (;;) {
        const next = await frames.next();
        signal?.throwIfAborted();
        if (next.done) throw stopped(await end());
        if (next.value.kind === 'error') throw refused(next.value.error);
        if (next.value.kind === 'end') return;
        if (next.value.kind === 'batch') yield next.value.batch;
      }
    } finally {
      await end();
    }
  }
}
