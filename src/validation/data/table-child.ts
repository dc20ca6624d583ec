// Runs in a process of its own: reads one request, opens DuckDB with nothing but the named files, answers, ends.
import { text } from 'node:stream/consumers';
import { compare } from '../disjoint/compare.ts';
import type { DisjointAnswer, DisjointRequest, TableLine } from './protocol.ts';
import { openSandbox } from './sandbox.ts';
import { explained } from '../../tables/index.ts';
import { TableError } from './table-error.ts';

const request = JSON.parse(await text(process.stdin)) as DisjointRequest; // the parent is our own code
const files = [...request.gate, ...request.against.flat()];

const line = (answer: TableLine): Promise<void> =>
  new Promise((resolve, reject) =>
    process.stdout.write(`${JSON.stringify(answer)}\n`, (error) => (error ? reject(error) : resolve())),
  );

try {
  const connection = await openSandbox([...new Set(files.map(({ file }) => file))]);
  await line({ disjoint: named(await compare(connection, request, (say) => void line({ say }))) });
} catch (error) {
  const { fault } = TableError.from(await explained(error, files));
  await line({ error: { ...fault, message: shown(fault.message) } });
}
process.exit(0); // DuckDB's threads need no farewell

/** Our file names mean nothing to the reader of an error. */
function shown(message: string): string {
  let clean = message;
  for (const one of files) clean = clean.replaceAll(one.file, one.shown);
  return clean.slice(0, 2000);
}

function named(answer: DisjointAnswer): DisjointAnswer {
  for (const source of answer.against) {
    if (source.problem !== undefined) source.problem = shown(source.problem);
    for (const table of source.tables) if (table.reason !== undefined) table.reason = shown(table.reason);
  }
  return answer;
}
