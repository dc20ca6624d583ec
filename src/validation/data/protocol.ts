import { question, type TableFile as FileInput } from '../../tables/index.ts';

export type { FileInput };

/** Which rows of the gate are in something that training read. */
export const DISJOINT = question<DisjointRequest, DisjointAnswer>('disjoint');

export interface DisjointRequest {
  gate: readonly FileInput[];
  against: ReadonlyArray<readonly FileInput[]>;
  /** Of each: whether its rows were read as they are, so that one of them decides. */
  certain: readonly boolean[];
  key: readonly string[] | null;
  time: string | null;
  label: string | null;
  /** Files of the gate that are no tables: its rows may name them. */
  files: readonly NamedFile[];
  /** Of each source: whether files of such a kind were compared. */
  by_bytes: readonly boolean[];
}

export interface NamedFile {
  /** Ways to write its path: from the root, from the folder of the gate's table. */
  names: readonly string[];
  /** Sources, by position in `against`, that hold the same file: its bytes, or the pixels of an image. */
  within: readonly number[];
}

/** What one group of equally shaped files of a source came to. */
export interface ComparedTable {
  files: string[];
  rows: number;
  /** Columns that its rows and the gate's were compared by. */
  identity: string[];
  /** Columns of both that hold the values in another form, and which one. */
  otherwise: Array<{ column: string; reason: string }>;
  /** `aside`: a table of another kind, whose rows cannot be the gate's. */
  state: 'compared' | 'aside' | 'incomparable';
  /** Why not compared. */
  reason?: string;
  /** Distinct identities per row of the gate's data. */
  distinct_share: number;
  /** Rows of the gate's data that equal one of this table by chance alone; none where a key says what is the same row. */
  expected?: number;
  /** The columns tell no row from another that looks like it, so that what is found or not found decides nothing. */
  weak: boolean;
  /** Rows of the gate's data that this table holds. */
  overlapping: number;
  /** The key, too, holds nothing in so many of its rows. */
  unkeyed: number;
  /**
   * Whether numbers with fractions were also compared by what printing with fewer digits leaves of them; `too-alike`: too
   * many rows agree in all else for that.
   */
  near: 'none' | 'searched' | 'too-alike';
  /** Rows that are nearly the gate's. */
  similar?: SimilarFound;
  suspicions: Suspicion[];
}

export interface SimilarFound {
  /** Rows of the gate's data with a near twin, and how many of them chance explains. */
  rows: number;
  expected: number;
  /** Rows that were looked at. */
  gate_rows: number;
  training_rows: number;
  /** Columns that were compared by their own mean and deviation. */
  rescaled: string[];
  pairs: SimilarPair[];
}

export interface SimilarPair {
  gate_row: number;
  values: Record<string, unknown>;
  training: Record<string, unknown>;
  /** Columns in which they differ. */
  differ: string[];
}

/**
 * What should be known of a column, and the share of the gate's rows that shows it: a random split mixes what belongs together by it (`time`, `group`), or the
 * gate's data is not like what training read (`missing`, `outside` its range, `unseen` words).
 */
export type Suspicion = { column: string; share: number } & (
  | { kind: 'time' | 'group' | 'unseen' }
  /** `usual`: the share of training's rows. */
  | { kind: 'missing'; usual: number }
  | { kind: 'outside'; range: [low: number, high: number] }
);

export interface ComparedSource {
  rows: number;
  columns: string[];
  digest: string;
  tables: ComparedTable[];
  /** Why it could not be read. */
  problem?: string;
}

export interface Overlap {
  /** Position in `against`. */
  source: number;
  gate_row: number;
  values: Record<string, unknown>;
}

export interface DisjointAnswer {
  gate: { rows: number; columns: string[]; digest: string };
  /** Rows of the gate's data with no value in a column of the key. */
  unkeyed: number;
  against: ComparedSource[];
  /** Rows of the gate's data that some table holds, and of these the ones found by an identity that can decide. */
  overlapping: number;
  decided: number;
  /** The same of rows that equal a row, whatever files they name. */
  by_rows: { overlapping: number; decided: number };
  /** Columns of the gate of which every row has another value; looked for where the comparison needs a key. */
  unique: string[];
  /** Rows of the gate's data that are nearly, and nowhere wholly, rows of some table. */
  similar: number;
  overlaps: Overlap[];
  named?: FilesNamed;
  order?: OrderFound;
}

/** Files that the gate's rows name. */
export interface FilesNamed {
  column: string;
  /** Rows that name a file, and files that a row names, by position in `files`. */
  rows: number;
  files: number[];
  /** Of the first hundred files that training read: the file, by position, and the first row that names it. */
  first: Array<[file: number, row: number]>;
  /** Rows whose file training read; of these, the ones that decide. */
  overlapping: number;
  decided: number;
}

export interface OrderFound {
  column: string;
  training_last?: string;
  gate_first?: string;
  early_rows: number;
  /** Why it could not be decided, by source. */
  undecided: Array<{ source: number; reason: string }>;
}
