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

/**
 * Many segments of an hour made one: `maker` is of what it was made of. No run of a plane begins with that letter, so its name tells it
 * from a segment.
 */
export const hourFile = (name: SegmentName): string => segmentFile({ ...name, maker: `h${name.maker}` });

export const isHourFile = (file: string): boolean => readSegmentFile(file)?.maker.startsWith('h') === true;

/** Where a segment lies for a while after one of its hour took its place: readers may know it by its old name. */
export const retiredFile = (file: string): string => `${file}.old`;

/** The name that it had; undefined for a file that is none of these. */
export const retiredOf = (file: string): string | undefined => /^(.*\.parquet)\.old$/.exec(file)?.[1];

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
