// Runs in a process of its own: reads one request, scores models on a table, answers line by line, ends. Whatever a model or a
// damaged file does, it does here.
import { text } from 'node:stream/consumers';
import { messageOf, TreadleError } from '../../platform/errors/index.ts';
import { createLog } from '../../platform/log/index.ts';
import { createProcesses } from '../../platform/processes/index.ts';
import { assess } from './assess.ts';
import type { AssessLine, AssessRequest } from './protocol.ts';

const request = JSON.parse(await text(process.stdin)) as AssessRequest; // the parent is our own code
const say = (line: AssessLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const processes = createProcesses({ isolation: request.isolation });
try {
  const assessment = await assess(request, {
    processes,
    log: createLog('warn'),
    say: (stage) => say({ stage }),
  });
  say({ assessment });
} catch (error) {
  if (error instanceof TreadleError) {
    const { kind, message, field, hint } = error;
    say({
      error: {
        kind,
        message,
        ...(field === undefined ? {} : { field }),
        ...(hint === undefined ? {} : { hint }),
      },
    });
  } else {
    if (error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
    say({ error: { message: messageOf(error) } });
  }
}
await processes.close();
process.stdout.write('', () => process.exit(0)); // DuckDB's threads need no farewell
