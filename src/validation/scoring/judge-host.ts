// Runs in a process of its own: gets one request, asks the server for the table's columns, scores models on them, answers line by
// line, ends. Whatever a model does, it does here; files of data are read elsewhere.
import { messageOf, TreadleError } from '../../platform/errors/index.ts';
import { createLog } from '../../platform/log/index.ts';
import { createProcesses, lineReader } from '../../platform/processes/index.ts';
import { askServer } from './ask-server.ts';
import { assess } from './assess.ts';
import type { AssessLine, AssessRequest, HostLine } from './protocol.ts';

const say = (line: AssessLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const { teller, hear } = askServer(say);
const asked = Promise.withResolvers<AssessRequest>();
process.stdin.on(
  'data',
  lineReader((line) => {
    const told = JSON.parse(line) as HostLine; // the parent is our own code
    if ('request' in told) asked.resolve(told.request);
    else hear(told);
  }),
);
const request = await asked.promise;
const processes = createProcesses({ isolation: request.isolation });
try {
  const assessment = await assess(request, {
    teller,
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
process.stdout.write('', () => process.exit(0)); // its stdin is still open, and native threads need no farewell
