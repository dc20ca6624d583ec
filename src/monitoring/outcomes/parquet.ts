import { zstdCompressSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { OutcomeRow } from '../store.ts';

/** Outcomes as a Parquet file, times in ms since 1970; `open-outcomes.ts` reads it. */
export function outcomesParquet(rows: readonly OutcomeRow[]): Uint8Array {
  const texts = (name: string, data: Array<string | null>) => ({
    name,
    data: data.map((text) => text ?? undefined),
    type: 'STRING' as const,
    nullable: true,
  });
  const whole = (name: string, data: number[]) => ({
    name,
    data: BigInt64Array.from(data, BigInt),
    type: 'INT64' as const,
    nullable: false,
  });
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        texts(
          'prediction',
          rows.map(({ prediction }) => prediction),
        ),
        whole(
          'row',
          rows.map(({ row_number }) => row_number),
        ),
        texts(
          'key',
          rows.map(({ key }) => key),
        ),
        whole(
          'time',
          rows.map(({ time }) => time),
        ),
        texts(
          'label',
          rows.map(({ label }) => label),
        ),
        {
          name: 'number',
          data: rows.map(({ number }) => number ?? undefined),
          type: 'DOUBLE',
          nullable: true,
        },
        whole(
          'observed_at',
          rows.map(({ observed_at }) => observed_at),
        ),
        whole(
          'received_at',
          rows.map(({ received_at }) => received_at),
        ),
      ],
      codec: 'ZSTD',
      compressors: { ZSTD: (bytes) => zstdCompressSync(bytes) },
    }),
  );
}
