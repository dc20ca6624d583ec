import { question, type TableFile } from '../../tables/index.ts';

/** A part of the rows of a file, always the same ones. Its bytes are said on the way, as base64, in the format of the file. */
export const SAMPLE = question<
  {
    table: TableFile;
    /** What makes a row the same row; all columns where one of these is missing. */
    key: readonly string[];
    /** Between 0 and 1. */
    share: number;
  },
  SampledFile
>('sample');

export interface SampledFile {
  columns: string[];
  rows: number;
  kept: number;
}

/** Digits of a digest that decide: 52 bits, which a double holds exactly. */
export const DIGITS = 13;

/** Whatever has a digest below this is in; so a larger share has all that a smaller one has. */
export const limitOf = (share: number): number => Math.floor(share * 16 ** DIGITS);
