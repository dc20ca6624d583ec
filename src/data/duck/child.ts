// Runs in a process of its own: reads one request, opens DuckDB with nothing but the named files, answers, ends.
import { text } from 'node:stream/consumers';
import { explained, openSandbox, UnreadableTable } from '../../tables/index.ts';
import type { DuckAnswer, DuckRequest } from './protocol.ts';
import { profile } from './profile.ts';
import { query, rows } from './query.ts';

const MEMORY = 1_000_000_000;

const request = JSON.parse(await text(process.stdin)) as DuckRequest; // the parent is our own code
const files = request.op === 'query' ? request.views.flatMap(({ table }) => table) : request.table;
const answer = await run();
process.stdout.write(JSON.stringify(answer), () => process.exit(0)); // DuckDB's threads need no farewell

async function run(): Promise<DuckAnswer> {
  try {
    const connection = await openSandbox(
      files.map(({ file }) => file),
      { threads: 2, memory: MEMORY },
    );
    if (request.op === 'query') return { rows: await query(connection, request) };
    if (request.op === 'rows') return { rows: await rows(connection, request) };
    return { profile: await profile(connection, request.table, request.size) };
  } catch (thrown) {
    const error = await explained(thrown, files);
    const message = (error instanceof Error ? error.message : String(error)).slice(0, 2000);
    if (/^Out of Memory/i.test(message)) return { error: { code: 'memory', message } };
    if (error instanceof UnreadableTable)
      return {
        error: { code: 'unreadable', message, ...(error.hint === undefined ? {} : { hint: error.hint }) },
      };
    return { error: { code: request.op === 'query' ? 'query' : 'unreadable', message } };
  }
}
