import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import {
  answerer,
  describe,
  identifier,
  openBytes,
  openSandbox,
  parquetReader,
  quote,
  readCsvHead,
  readOne,
  splitCsv,
  UnreadableTable,
} from '../../tables/inside.ts';
import { DIGITS, limitOf, SAMPLE, type SampledFile } from './question.ts';

/** Stands between the values of a row, so that `a, bc` is another row than `ab, c`. */
const BETWEEN = '\u001f';
const MiB = 1024 * 1024;
const PORTION = 4 * MiB;
/** A record longer than this is none: somewhere a quote does not end. */
const LONGEST = 64 * MiB;

/** In the reader's process. CSV and JSONL keep the very bytes of a row; Parquet is written anew. */
export const sampleAnswer = answerer(SAMPLE, async (connection, { table, key, share }, say) => {
  const { file, shown, format } = table;
  const tell = async (bytes: Buffer): Promise<void> => {
    for (let at = 0; at < bytes.length; at += MiB) await say(bytes.toString('base64', at, at + MiB));
  };
  await say(''); // whoever hears it begins anew
  if (format === 'parquet') {
    const [folder] = (await readOne(connection, "select current_setting('temp_directory')")) as [string];
    return sampleParquet(
      { file, out: path.join(folder, 'sample.parquet'), key, limit: limitOf(share) },
      tell,
    );
  }
  const pack = file.endsWith('.gz') ? gzipSync : file.endsWith('.zst') ? zstdCompressSync : undefined;
  // Members of gzip and frames of zstd may follow each other: each portion is one.
  const write = async (text: string): Promise<void> => {
    const bytes = Buffer.from(text, 'latin1');
    if (bytes.length > 0) await tell(pack ? pack(bytes) : bytes);
  };
  return format === 'csv'
    ? sampleCsv({ file, shown, key, limit: limitOf(share) }, write)
    : sampleLines({ file, shown, key, limit: limitOf(share) }, write);
});

const placeOf = (values: readonly string[]): number =>
  Number.parseInt(
    createHash('md5').update(values.join(BETWEEN), 'latin1').digest('hex').slice(0, DIGITS),
    16,
  );

interface Asked {
  file: string;
  shown: string;
  key: readonly string[];
  limit: number;
}

async function sampleCsv(
  { file, shown, key, limit }: Asked,
  write: (text: string) => Promise<void>,
): Promise<SampledFile> {
  const head = await readCsvHead(file, shown, MiB);
  const at = key.map((name) => head.names.indexOf(name));
  const keyed = key.length > 0 && !at.includes(-1);
  let [rows, kept, out] = [0, 0, ''];
  let isHead = head.header;
  for await (const { cells, raw } of recordsOf(file, shown, head.delimiter)) {
    if (isHead) out += raw;
    else {
      rows++;
      if (placeOf(keyed ? at.map((i) => cells[i] ?? '') : cells) < limit) {
        kept++;
        out += raw;
      }
    }
    isHead = false;
    if (out.length < PORTION) continue;
    await write(out);
    out = '';
  }
  await write(out);
  return { columns: head.names, rows, kept };
}

/** Read byte by byte as Latin 1, whatever it is: what is told apart here is ASCII, and a row goes out as it came in. */
async function* recordsOf(
  file: string,
  shown: string,
  delimiter: string,
): AsyncGenerator<{ cells: string[]; raw: string }> {
  let text = '';
  let wanted = PORTION;
  const endless = (): UnreadableTable =>
    new UnreadableTable(`${shown} has a quoted cell without an end`, 'close the quote');
  for await (const chunk of openBytes(file)) {
    text += chunk.toString('latin1');
    if (text.length < wanted) continue;
    if (text.length > LONGEST) throw endless();
    const { records, starts } = splitCsv(text, delimiter, false);
    // Where the last one ends is known when the next begins.
    for (let i = 0; i + 1 < records.length; i++)
      yield { cells: records[i]!, raw: text.slice(starts[i], starts[i + 1]) };
    text = text.slice(starts.at(-1) ?? 0);
    wanted = text.length + PORTION;
  }
  const { records, starts, endless: open } = splitCsv(text, delimiter);
  if (open !== undefined) throw endless();
  for (const [i, cells] of records.entries()) yield { cells, raw: text.slice(starts[i], starts[i + 1]) };
}

async function sampleLines(
  { file, shown, key, limit }: Asked,
  write: (text: string) => Promise<void>,
): Promise<SampledFile> {
  const columns = new Set<string>();
  let [rows, kept, out, rest] = [0, 0, '', ''];
  const take = (line: string): void => {
    if (line.trim() === '') return;
    rows++;
    const row = objectOf(line, shown, rows);
    for (const name of Object.keys(row)) columns.add(name);
    const keyed = key.length > 0 && key.every((name) => Object.hasOwn(row, name));
    const values = keyed
      ? key.map((name) => Buffer.from(JSON.stringify(row[name])).toString('latin1'))
      : [line.trim()];
    if (placeOf(values) >= limit) return;
    kept++;
    out += line.endsWith('\n') ? line : `${line}\n`;
  };
  for await (const chunk of openBytes(file)) {
    const lines = (rest + chunk.toString('latin1')).split(/(?<=\n)/);
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST) throw new UnreadableTable(`${shown} has a line of more than 64 MiB`);
    lines.forEach(take);
    if (out.length < PORTION) continue;
    await write(out);
    out = '';
  }
  take(rest);
  await write(out);
  return { columns: [...columns].toSorted(), rows, kept };
}

function objectOf(line: string, shown: string, number: number): Record<string, unknown> {
  try {
    const row: unknown = JSON.parse(Buffer.from(line, 'latin1').toString('utf8'));
    if (typeof row === 'object' && row !== null && !Array.isArray(row)) return { ...row };
  } catch {
    // said below
  }
  throw new UnreadableTable(`${shown}: row ${number} is no JSON object`);
}

/** A database of its own, which reads the one file and writes the other: the question's own writes nothing. */
async function sampleParquet(
  { file, out, key, limit }: { file: string; out: string; key: readonly string[]; limit: number },
  tell: (bytes: Buffer) => Promise<void>,
): Promise<SampledFile> {
  const { connection, close } = await openSandbox([file, out], {
    threads: 2,
    memory: 1024 * MiB,
    spill: path.dirname(out),
  });
  try {
    mkdirSync(path.dirname(out), { recursive: true });
    const from = parquetReader([{ file, shown: file, format: 'parquet' }]);
    const columns = (await describe(connection, from)).map(({ name }) => name);
    const keyed = key.length > 0 && key.every((name) => columns.includes(name));
    const values = (keyed ? key : columns).map((name) => `coalesce(${identifier(name)}::varchar, '')`);
    const place = `('0x' || substr(md5(concat_ws(chr(31), ${values.join(', ')})), 1, ${DIGITS}))::bigint`;
    // What pandas keeps beside its columns says which of them are its index.
    const [pandas] = (await readOne(
      connection,
      `select decode(value) from parquet_kv_metadata(${quote(file)}) where decode(key) = 'pandas'`,
    )) as [string?];
    const also = pandas === undefined ? '' : `, kv_metadata { pandas: ${quote(pandas)} }`;
    await connection.run(
      `copy (select * from ${from} where ${place} < ${limit}) to ${quote(out)} (format parquet${also})`,
    );
    const count = async (one: string): Promise<number> =>
      Number(
        (
          await readOne(connection, `select sum(num_rows)::varchar from parquet_file_metadata(${quote(one)})`)
        )[0],
      );
    const [rows, kept] = [await count(file), await count(out)];
    for await (const chunk of createReadStream(out, { highWaterMark: MiB })) await tell(chunk as Buffer);
    return { columns, rows, kept };
  } finally {
    close();
    rmSync(out, { force: true });
  }
}
