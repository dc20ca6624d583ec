import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';
import { parquetMetadataAsync, parquetRead, type AsyncBuffer, type FileMetaData } from 'hyparquet';

/** The key of a footer under which a file of an hour names the segments that it was made of: a list of file names as JSON. */
export const SOURCES = 'treadle.segments';

/** A recorded file that is open: its footer, and columns of some of its rows. */
export interface OpenFile {
  readonly metadata: FileMetaData;
  /** Values as they lie there: texts as bytes, times in ms as bigint; undefined where there is none. */
  column(name: string, from: number, to: number): Promise<unknown[]>;
  close(): void;
}

const same = <T>(value: T): T => value;

export async function openParquet(path: string): Promise<OpenFile> {
  const fd = openSync(path, 'r');
  try {
    const size = fstatSync(fd).size;
    const file: AsyncBuffer = {
      byteLength: size,
      slice(start, end = size) {
        const bytes = new Uint8Array(end - start);
        for (let at = 0, read = -1; at < bytes.length && read !== 0; at += read)
          read = readSync(fd, bytes, at, bytes.length - at, start + at);
        return bytes.buffer;
      },
    };
    const metadata = await parquetMetadataAsync(file);
    return {
      metadata,
      async column(name, from, to) {
        const values = Array.from<unknown>({ length: to - from });
        await parquetRead({
          file,
          metadata,
          columns: [name],
          rowStart: from,
          rowEnd: to,
          // Pages of other rows are not even read.
          useOffsetIndex: true,
          compressors: { ZSTD: (bytes) => zstdDecompressSync(bytes) },
          // As they lie there: a text that is no UTF-8 would come back as another one.
          parsers: {
            stringFromBytes: same,
            timestampFromMilliseconds: same,
          },
          onChunk({ columnData, rowStart }) {
            const first = Math.max(0, from - rowStart);
            const end = Math.min(columnData.length, to - rowStart);
            for (let at = first; at < end; at++) values[rowStart - from + at] = columnData[at];
          },
        });
        return values;
      },
      close: () => closeSync(fd),
    };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** The segments that a file of an hour was made of. */
export async function sourcesOf(path: string): Promise<string[]> {
  const file = await openParquet(path);
  try {
    const text = file.metadata.key_value_metadata?.find(({ key }) => key === SOURCES)?.value;
    const sources: unknown = JSON.parse(text ?? '');
    if (!Array.isArray(sources) || !sources.every((one) => typeof one === 'string'))
      throw new Error('it does not name its segments');
    return sources;
  } finally {
    file.close();
  }
}
