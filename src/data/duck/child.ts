// Runs in a process of its own: reads one request, opens DuckDB with nothing but the named files, answers, ends.
import { text } from 'node:stream/consumers';
import type { DuckAnswer, DuckRequest, Source } from './protocol.ts';
import { openSandbox } from './sandbox.ts';
import { profile } from './profile.ts';
import { query, rows } from './query.ts';

const request = JSON.parse(await text(process.stdin)) as DuckRequest; // the parent is our own code
const sources: Source[] = request.op === 'query' ? request.views.map(({ table }) => table) : [request.table];
const answer = await run();
process.stdout.write(JSON.stringify(answer), () => process.exit(0)); // DuckDB's threads need no farewell

async function run(): Promise<DuckAnswer> {
  try {
    const connection = await openSandbox(sources.flatMap(({ files }) => files.map(({ file }) => file)));
    if (request.op === 'query') return { rows: await query(connection, request) };
    if (request.op === 'rows') return { rows: await rows(connection, request) };
    return { profile: await profile(connection, request.table, request.size) };
  } catch (error) {
    const message = shown(error instanceof Error ? error.message : String(error));
    if (/^Out of Memory/i.test(message)) return { error: { code: 'memory', message } };
    return { error: { code: request.op === 'query' ? 'query' : 'unreadable', message } };
  }
}

/** Our file names mean nothing to the reader of an error. */
function shown(message: string): string {
  let clean = message;
  for (const { files } of sources) for (const one of files) clean = clean.replaceAll(one.file, one.shown);
  return clean.slice(0, 2000);
}
