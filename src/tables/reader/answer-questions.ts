import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { lineReader } from '../../platform/processes/index.ts';
import { explained } from '../explain.ts';
import type { Asked, Outcome, Question, Told } from '../question.ts';
import { openSandbox } from '../sandbox.ts';
import { TableFault } from '../table-fault.ts';

/** Answers one kind of question, in the reader's process. */
export interface Answerer<Request, Answer> {
  answer(
    connection: DuckDBConnection,
    request: Request,
    /** Settles when the text is on its way: who says much waits for it. */
    say: (text: string) => Promise<void>,
  ): Promise<Answer>;
  /** The code of an error that nobody foresaw; `unreadable` unless said. */
  otherwise?: string | undefined;
}

/** Holds an answer to the types of its question. */
export const answerer = <Request, Answer>(
  _question: Question<Request, Answer>,
  answer: Answerer<Request, Answer>['answer'],
  otherwise?: string,
): Answerer<Request, Answer> => ({ answer, otherwise });

/** By the names of the questions; each is loaded when it is asked for the first time. */
type Answerers = Readonly<Record<string, () => Promise<Answerer<never, unknown>>>>;

/**
 * The whole life of a reader's process: questions on stdin, one after the other, each in a database of its own that is gone
 * with its answer. Nothing that a question sets, makes or attaches is there for the next.
 */
export function answerQuestions(answerers: Answerers): void {
  const home = process.cwd();
  let busy = Promise.resolve();
  process.stdin.on(
    'data',
    lineReader((line) => {
      const asked = JSON.parse(line) as Asked; // the parent is our own code
      busy = busy.then(async () => {
        const outcome = await answerOne(asked, answerers);
        process.chdir(home);
        if (asked.spill !== undefined) await rm(asked.spill, { recursive: true, force: true });
        await tell({ ...outcome, resident: process.memoryUsage.rss() });
        // What a question left, such as an answer that was cut short, is freed before the next one; nobody waits for that.
        globalThis.gc?.();
      });
    }),
  );
  process.stdin.on('end', () => process.exit(0)); // DuckDB's threads need no farewell
}

async function answerOne(
  { question, folder, files, request, threads, memory, spill }: Asked,
  answerers: Answerers,
): Promise<Outcome<unknown>> {
  let otherwise: string | undefined;
  try {
    const one = await answerers[question]?.();
    if (!one) throw new Error(`a table reader does not know the question '${question}'`);
    ({ otherwise } = one);
    process.chdir(path.resolve(folder));
    const sandbox = await openSandbox([...new Set(files.map(({ file }) => file))], {
      threads,
      memory,
      ...(spill === undefined ? {} : { spill }),
    });
    try {
      // The other side asked this very question: its request is of that type.
      const answer = await one.answer(sandbox.connection, request as never, (say) => tell({ say }));
      return { answer };
    } finally {
      sandbox.close();
    }
  } catch (thrown) {
    return { fault: TableFault.from(await explained(thrown, files), otherwise).fault };
  }
}

const tell = (told: Told): Promise<void> =>
  new Promise((resolve, reject) =>
    process.stdout.write(`${JSON.stringify(told)}\n`, (error) => (error ? reject(error) : resolve())),
  );
