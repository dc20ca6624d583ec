import { totalmem } from 'node:os';
import type { TableFile as FileInput } from '../../tables/index.ts';

export type { FileInput };

/** Bytes that DuckDB may hold before it writes to disk: millions of rows are compared beside a server that goes on serving. */
export const MEMORY = Math.min(4 * 1024 ** 3, Math.floor(totalmem() * 0.3));

/** One request a process: JSON on its stdin; lines of JSON are its answer. */
export interface DisjointRequest {
  gate: readonly FileInput[];
  against: ReadonlyArray<readonly FileInput[]>;
  /** Of each: whether its rows were read as they are, so that one of them decides. */
  certain: readonly boolean[];
  key: readonly string[] | null;
  time: string | null;
}

export interface TableFault {
  code: 'memory' | 'unreadable' | 'shapes' | 'column' | 'empty';
  message: string;
  hint?: string;
  field?: string;
}

/** What one group of equally shaped files of a source came to. */
export interface ComparedTable {
  files: string[];
  rows: number;
  /** Columns that its rows and the gate's were compared by. */
  identity: string[];
  /** `aside`: a table of another kind, whose rows cannot be the gate's. */
  state: 'compared' | 'aside' | 'incomparable';
  /** Why not compared. */
  reason?: string;
  /** Distinct identities per row of the gate's data. */
  distinct_share: number;
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
}

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
  overlaps: Overlap[];
  order?: OrderFound;
}

export interface OrderFound {
  column: string;
  training_last?: string;
  gate_first?: string;
  early_rows: number;
  /** Why it could not be decided, by source. */
  undecided: Array<{ source: number; reason: string }>;
}

export type TableLine = { say: string } | { disjoint: DisjointAnswer } | { error: TableFault };
