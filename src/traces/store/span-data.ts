import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { inOrder, type Span } from '../span.ts';

const LEVEL = { params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 } };
/** Longer ones are packed in a thread. */
const AT_ONCE = 128 * 1024;
const packAside = promisify(zlib.zstdCompress) as (data: Buffer, options: object) => Promise<Buffer>;

/** Spans as they are kept: JSON, compressed; and how many bytes of JSON. */
export async function pack(spans: readonly Span[]): Promise<{ data: Uint8Array; size: number }> {
  const json = Buffer.from(JSON.stringify(spans));
  const data = await (json.length > AT_ONCE ? packAside(json, LEVEL) : zlib.zstdCompressSync(json, LEVEL));
  return { data, size: json.length };
}

/** The spans of all parts; of one that came twice, the last. */
export const unpackAll = (parts: readonly Uint8Array[]): Span[] => unpackWithSize(parts).spans;

/** With the bytes of JSON that all parts have, those of spans that came again among them. */
export function unpackWithSize(parts: readonly Uint8Array[]): { spans: Span[]; size: number } {
  const spans = new Map<string, Span>();
  let size = 0;
  for (const part of parts) {
    const json = zlib.zstdDecompressSync(part);
    size += json.length;
    for (const span of JSON.parse(json.toString('utf8')) as Span[]) spans.set(span.id, span);
  }
  return { spans: inOrder([...spans.values()]), size };
}
