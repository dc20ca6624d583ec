import type { Outcome, Reading, TableFile } from '../../tables/index.ts';
import { explained, openSandbox, TableFault } from '../../tables/inside.ts';
import { columnsAnswer, factsAnswer } from './answer-table.ts';
import type { Parts } from './questions.ts';
import { openTable, type Table, type Teller } from './read-table.ts';

/** The gate's table with its reader in this process: each question in a sandbox of its own, all that crosses as JSON. */
export const openHere = (files: readonly TableFile[], exact?: readonly string[]): Promise<Table> =>
  openTable(tellerHere(files), exact);

function tellerHere(files: readonly TableFile[]): Teller {
  let reading: Reading;
  async function ask<Answer>(
    answer: (connection: Parameters<typeof factsAnswer.answer>[0]) => Promise<Answer>,
  ): Promise<Outcome<Answer>> {
    const names = files.map(({ file }) => file);
    const sandbox = await openSandbox(names, { threads: 2, memory: 1e9 });
    try {
      const found = { answer: await answer(sandbox.connection) };
      return JSON.parse(JSON.stringify(found)) as typeof found;
    } catch (error) {
      return { fault: TableFault.from(await explained(error, files)).fault };
    } finally {
      sandbox.close();
    }
  }
  return {
    async facts(exact) {
      const outcome = await ask((connection) =>
        factsAnswer.answer(connection, { table: files, exact }, () => Promise.resolve()),
      );
      if ('fault' in outcome) return outcome;
      ({ reading } = outcome.answer);
      return { answer: outcome.answer.facts };
    },
    columns: (columns, take) =>
      ask((connection) =>
        columnsAnswer.answer(connection, { reading, columns, bytes: 1e9 }, (line) => {
          for (const part of (JSON.parse(line) as Parts).parts) take(part);
          return Promise.resolve();
        }),
      ),
  };
}
