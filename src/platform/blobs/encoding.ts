import { promisify } from 'node:util';
import zlib from 'node:zlib';

/** The one place that touches zstd: it is marked experimental in node:zlib. */
export type Encoding = 'raw' | 'zstd';

const compress = promisify(zlib.zstdCompress);
const decompress = promisify(zlib.zstdDecompress);
const params = { params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 } };

/** Below this, zstd's frame and the work cost more than they save. */
const SMALLEST = 1024;
/** Up to this a compression is shorter than a trip to the thread pool. */
const INLINE = 32 * 1024;
const SAMPLE = 8 * 1024;
/** Stored only when at least an eighth is saved. */
const WORTH = 0.875;

/** Packs a small blob for storage; `raw` where compressing does not pay. */
export async function encode(bytes: Uint8Array): Promise<{ encoding: Encoding; stored: Uint8Array }> {
  const raw = { encoding: 'raw' as const, stored: bytes };
  if (bytes.length < SMALLEST || !pays(bytes)) return raw;
  const stored =
    bytes.length <= INLINE ? zlib.zstdCompressSync(bytes, params) : await compress(bytes, params);
  return stored.length < bytes.length * WORTH ? { encoding: 'zstd', stored } : raw;
}

/** `size` bounds what a damaged frame may unpack to. */
export function decode(encoding: string, stored: Buffer, size: number): Promise<Buffer> | Buffer {
  if (encoding === 'raw') return stored;
  if (encoding !== 'zstd') throw new Error(`blobs cannot be encoded as '${encoding}'`);
  const bound = { maxOutputLength: Math.max(size, 1) };
  return size <= INLINE ? zlib.zstdDecompressSync(stored, bound) : decompress(stored, bound);
}

/** Judges by a sample from the middle, so that a large incompressible blob is not compressed for nothing. */
function pays(bytes: Uint8Array): boolean {
  if (bytes.length <= SAMPLE * 2) return true;
  const middle = (bytes.length - SAMPLE) >> 1;
  return zlib.zstdCompressSync(bytes.subarray(middle, middle + SAMPLE), params).length < SAMPLE * WORTH;
}
