// Runs in a process of its own: reads one request, opens DuckDB with nothing but the named files, answers, ends.
import { text } from 'node:stream/consumers';
import { compare } from '../disjoint/compare.ts';
import { encode } from './frames.ts';
import type { FileInput, TableFault, TableLine, TableRequest } from './protocol.ts';
import { describeTable, readTable } from './read-table.ts';
import { openSandbox } from './sandbox.ts';
import { TableError } from './table-error.ts';

const request = JSON.parse(await text(process.stdin)) as TableRequest; // the parent is our own code
const files: FileInput[] =
  request.op === 'disjoint' ? [...request.gate, ...request.against.flat()] : [...request.files];

const write = (bytes: Buffer | string): Promise<void> =>
  new Promise((resolve, reject) =>
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve())),
  );
const line = (answer: TableLine): Promise<void> => write(`${JSON.stringify(answer)}\n`);

try {
  const connection = await openSandbox([...new Set(files.map(({ file }) => file))]);
  if (request.op === 'describe') await line({ shape: await describeTable(connection, request.files) });
  else if (request.op === 'read') await readTable(connection, request, write);
  else await line({ disjoint: shownAll(await compare(connection, request, (say) => void line({ say }))) });
} catch (error) {
  const { fault } = TableError.from(error);
  const told: TableFault = { ...fault, message: shown(fault.message) };
  await (request.op === 'read' ? write(encode({ kind: 'error', error: told })) : line({ error: told }));
}
process.exit(0); // DuckDB's threads need no farewell

/** Our file names mean nothing to the reader of an error. */
function shown(message: string): string {
  let clean = message;
  for (const one of files) clean = clean.replaceAll(one.file, one.shown);
  return clean.slice(0, 2000);
}

function shownAll<T extends { against: Array<{ problem?: string }> }>(answer: T): T {
  for (const source of answer.against)
    if (source.problem !== undefined) source.problem = shown(source.problem);
  return answer;
}
