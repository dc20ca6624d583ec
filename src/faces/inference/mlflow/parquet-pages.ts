import type { FileMetaData, ParquetType } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { decompressPage } from 'hyparquet/src/datapage.js';
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getSchemaPath } from 'hyparquet/src/schema.js';

/**
 * What a file unfolds to, told by its pages before any is decoded. The footer is the caller's word and so is every count: the
 * decoder writes a run as long as the page says, and a kilobyte can say gigabytes.
 */
export interface Limits {
  cells: number;
  bytes: number;
}

type Compressors = Parameters<typeof decompressPage>[3];
type Page = ReturnType<typeof parquetHeader>;
interface Levels {
  repetition: number;
  definition: number;
  type: ParquetType;
}

/** Calls `check` with what is counted so far, page by page; throws what is wrong with a page. */
export function countPages(
  { row_groups: groups, schema }: FileMetaData,
  buffer: ArrayBuffer,
  compressors: Compressors,
  check: (seen: Limits) => void,
): void {
  const seen: Limits = { cells: 0, bytes: 0 };
  for (const { columns } of groups)
    for (const { meta_data: chunk } of columns) {
      if (!chunk) continue;
      const path = getSchemaPath(schema, chunk.path_in_schema);
      const levels: Levels = {
        repetition: getMaxRepetitionLevel(path),
        definition: getMaxDefinitionLevel(path),
        type: chunk.type,
      };
      const data = Number(chunk.data_page_offset);
      const from = Math.min(Number(chunk.dictionary_page_offset ?? 0n) || data, data);
      const view = new DataView(buffer, from, Number(chunk.total_compressed_size));
      const reader = { view, offset: 0 };
      while (reader.offset < view.byteLength - 1) {
        const page = parquetHeader(reader);
        const { compressed_page_size: size, uncompressed_page_size: inflated } = page;
        const count =
          (page.data_page_header ?? page.data_page_header_v2 ?? page.dictionary_page_header)?.num_values ?? 0;
        if (!(size >= 0 && inflated >= 0 && count >= 0) || reader.offset + size > view.byteLength)
          throw new Error('a page has a size that cannot be');
        seen.cells += count;
        seen.bytes += inflated;
        check(seen);
        const bytes = new Uint8Array(buffer, from + reader.offset, size);
        checkPage(page, bytes, levels, (one, to) => decompressPage(one, to, chunk.codec, compressors));
        reader.offset += size;
      }
    }
}

function checkPage(
  { data_page_header: v1, data_page_header_v2: v2, uncompressed_page_size: size }: Page,
  bytes: Uint8Array,
  { repetition, definition, type }: Levels,
  inflate: (bytes: Uint8Array, size: number) => Uint8Array,
): void {
  if (v1) {
    const page = inflate(bytes, size);
    const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
    let at = 0;
    for (const most of [repetition, definition]) {
      if (most === 0) continue;
      const length = view.getUint32(at, true);
      checkRuns(page.subarray(at + 4, at + 4 + length), widthOf(most), v1.num_values);
      at += 4 + length;
    }
    checkValues(page.subarray(at), v1.encoding, type, v1.num_values);
  } else if (v2) {
    const { repetition_levels_byte_length: first, definition_levels_byte_length: second } = v2;
    checkRuns(bytes.subarray(0, first), widthOf(repetition), v2.num_values);
    checkRuns(bytes.subarray(first, first + second), widthOf(definition), v2.num_values);
    const rest = bytes.subarray(first + second);
    const page = v2.is_compressed === false ? rest : inflate(rest, size - first - second);
    checkValues(page, v2.encoding, type, v2.num_values);
  }
}

const widthOf = (most: number): number => 32 - Math.clz32(most);

function checkValues(page: Uint8Array, encoding: string, type: ParquetType, count: number): void {
  if (encoding === 'RLE') checkRuns(page.subarray(4), 1, count);
  else if (encoding.endsWith('_DICTIONARY') && type !== 'BOOLEAN')
    checkRuns(page.subarray(1), page[0] ?? 0, count);
}

/** Runs of the hybrid of runs and packed bits: none may go on past the values that the page has. */
function checkRuns(bytes: Uint8Array, width: number, count: number): void {
  let at = 0;
  let values = 0;
  while (values < count && at < bytes.length) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 28) throw new Error('a run has no length');
      header += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const runs = Math.floor(header / 2);
    if (header % 2 === 1) {
      // Eight values for each byte of width; writers leave the end of the last eight out.
      if (runs > Math.ceil(count / 8) + 64) throw new Error('packed values go on past the end of their page');
      at += runs * width;
      values += runs * 8;
    } else {
      at += Math.ceil(width / 8);
      values += runs;
      if (values > count + 7) throw new Error('a run goes on past the end of its page');
    }
  }
}
