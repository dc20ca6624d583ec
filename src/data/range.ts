import { invalid } from '../platform/errors/index.ts';

/** The one range of a `Range` header; undefined: the whole file (also for several ranges, which a server may ignore). */
export function parseRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const last = match[1] === '' ? Math.min(Number(match[2]), size) : undefined;
  const start = last === undefined ? Number(match[1]) : size - last;
  const end = last !== undefined || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (start > end || start >= size || last === 0) {
    throw invalid(`the range ${header} lies outside the ${size} bytes of the file`, {
      field: 'range',
      hint: 'ask for bytes inside the file',
      code: 'range',
    });
  }
  return { start, end };
}
