import type { TableFile } from './table-file.ts';

/** Something that can be asked of tables. `table-reader.ts` says which module answers it, in the reader's process. */
export interface Question<Request, Answer> {
  readonly name: string;
  /** Never there: what goes to the reader, and what comes back, both as JSON. */
  readonly types?: (request: Request) => Answer;
}

export const question = <Request, Answer>(name: string): Question<Request, Answer> => ({ name });

/**
 * Where the bytes of a file are: a blob; a file below the data folder that the server itself wrote, and that never changes once it has
 * its name (`later`: the name that it may be given meanwhile); or here.
 */
export type Bytes = { hash: string } | { path: string; later?: string } | { bytes: Uint8Array };

/** A file of the question: `file` is its name for the reader. */
export type AskedFile = TableFile & Bytes;

/** Why there is no answer. Rooms have codes of their own besides: what is wrong with a query, or with a gate's columns. */
export interface Fault {
  code: 'memory' | 'timeout' | 'unreadable' | (string & {});
  message: string;
  hint?: string;
  field?: string;
}

export type Outcome<Answer> = { answer: Answer } | { fault: Fault };

/** A line to the reader: one question, which sees the files of one folder. */
export interface Asked {
  question: string;
  /** Relative to the reader's first folder. */
  folder: string;
  files: readonly TableFile[];
  request: unknown;
  threads: number;
  /** Bytes that DuckDB may hold. */
  memory: number;
  /** A folder for what does not fit into memory, made and removed by the reader; without one, a question that needs more fails. */
  spill?: string;
}

/** Lines from the reader; the last one of a question says how many bytes its process holds now. */
export type Told = { say: string } | (Outcome<unknown> & { resident: number });
