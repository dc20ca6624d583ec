import type { Outcome } from '../../tables/index.ts';
import type { HostLine, TableQuestion } from './protocol.ts';
import type { Part, TableFacts } from './questions.ts';
import type { Teller } from './read-table.ts';

interface Waiting {
  take: ((part: Part) => void) | undefined;
  resolve(outcome: Outcome<unknown>): void;
}

/** The table as the scoring process has it: each question is a line to the server, and so is each part of the answer. */
export function askServer(tell: (question: TableQuestion) => void): {
  teller: Teller;
  hear(line: Exclude<HostLine, { request: unknown }>): void;
} {
  let waiting: Waiting | undefined;
  const ask = (question: TableQuestion, take?: Waiting['take']): Promise<Outcome<unknown>> =>
    new Promise((resolve) => {
      waiting = { take, resolve };
      tell(question);
    });
  return {
    teller: {
      // The server answers each question in its own type.
      facts: async (exact) => (await ask({ facts: { exact } })) as Outcome<TableFacts>,
      columns: async (columns, take) => (await ask({ columns }, take)) as Outcome<number>,
    },
    hear(line) {
      if ('parts' in line) for (const part of line.parts) waiting?.take?.(part);
      else waiting?.resolve(line);
    },
  };
}
