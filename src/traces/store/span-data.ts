import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { inOrder, type Span } from '../span.ts';

const LEVEL = { params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 } };
/** Longer ones are packed in a thread. */
const AT_ONCE = 128 * 1024;
const packAside = promisify(zlib.zstdCompress) as (data: Buffer, options: object) => Promise<Buffer>;

/** Spans as they are kept: JSON, compressed. */
export async function pack(spans: readonly Span[]): Promise<Uint8Array> {
  const json = Buffer.from(JSON.stringify(spans));
  return json.length > AT_ONCE ? packAside(json, LEVEL) : zlib.zstdCompressSync(json, LEVEL);
}

const unpack = (data: Uint8Array): Span[] =>
  JSON.parse(zlib.zstdDecompressSync(data).toString('utf8')) as Span[];

/** The spans of all parts; of one that came twice, the last. */
export function unpackAll(parts: readonly Uint8Array[]): Span[] {
  const spans = new Map<string, Span>();
  for (const part of parts) for (const span of unpack(part)) spans.set(span.id, span);
  return inOrder([...spans.values()]);
}
