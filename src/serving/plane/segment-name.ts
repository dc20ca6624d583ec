import type { Role } from './protocol.ts';

/** What the name of a segment's file says, so that one whose announcement was lost can be announced from the name alone. */
export interface SegmentName {
  serial: number;
  role: Role;
  /** First and last answer, ms since 1970. */
  from: number;
  to: number;
  predictions: number;
  rows: number;
  /** Tells processes, and the segments of one, apart. */
  maker: string;
}

const FORM =
  /^(\d{1,10})-(champion|canary|shadow)-(\d{1,15})-(\d{1,15})-(\d{1,10})-(\d{1,10})-([0-9a-z]{1,24})\.parquet$/;

export const segmentFile = ({ serial, role, from, to, predictions, rows, maker }: SegmentName): string =>
  `${serial}-${role}-${from}-${to}-${predictions}-${rows}-${maker}.parquet`;

/** Undefined for a file that is no segment. */
export function readSegmentFile(file: string): SegmentName | undefined {
  const found = FORM.exec(file);
  if (!found) return undefined;
  const [, serial, role, from, to, predictions, rows, maker] = found;
  return {
    serial: Number(serial),
    role: role as Role, // by the expression
    from: Number(from),
    to: Number(to),
    predictions: Number(predictions),
    rows: Number(rows),
    maker: maker!,
  };
}

/**
 * What a run of a plane recorded and made no segment of yet, numbered. The ending says to whoever copies the folder: not whole.
 */
export const journalFile = (run: string, number: number): string => `${run}-${number}.journal.part`;

/** The run that writes it; undefined for a file that is no journal. */
export const journalOf = (file: string): string | undefined =>
  /^([0-9a-f]{8})-\d{1,15}\.journal\.part$/.exec(file)?.[1];
