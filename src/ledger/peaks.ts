import { peakCount, type Peaks } from './merkle.ts';

/** Peaks as they stand in the head row: their hashes in hex, one after the other. */
export const packPeaks = ({ hashes }: Peaks): string =>
  hashes.map((hash) => Buffer.from(hash).toString('hex')).join('');

/** Undefined when the text cannot be the peaks of a tree of this size. */
export function unpackPeaks(size: number, text: string): Peaks | undefined {
  const count = peakCount(size);
  if (text.length !== count * 64 || !/^[0-9a-f]*$/.test(text)) return undefined;
  return {
    size,
    hashes: Array.from({ length: count }, (_, i) => Buffer.from(text.slice(i * 64, (i + 1) * 64), 'hex')),
  };
}
