// `npm start`: sets up what is missing, starts the server, and plays the flights example through the loop against it.
//   --exit          end after the loop: status 0 when every stage went well, 1 when not
//   --port, --data  handed to the server (5000, .treadle)
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { main, parts, setup } from './setup.mjs';
import { root } from './setup/place.mjs';
import { seconds, SetupError } from './setup/run.mjs';
import { openServer } from './start/server.mjs';

await main(async () => {
  const { values: options } = readArguments();
  console.log('Treadle: setting up');
  await setup([...parts.npm, ...parts.python, ...parts.ui, ...parts.server]);

  const began = performance.now();
  const server = await openServer(options);
  console.log(
    `\nServer at ${server.url} (${server.ours ? `ready in ${seconds(began)}` : 'was running already'})\n`,
  );
  let good = true;
  try {
    // It reads tables with a package, which a fresh clone has from here on.
    const { playFlights } = await import('./start/flights.mjs');
    await playFlights(server.url);
    // A server that is about to stop cannot be looked at.
    const stops = options.exit && server.ours;
    console.log(`\nThe loop took ${seconds(began)}.${stops ? '' : ` Look at it: ${server.url}`}`);
    if (stops)
      console.log(
        `The server stops now, and what it made is kept. To look at it, start it again: ${again(options)}`,
      );
  } catch (error) {
    good = false;
    console.error(`\n${error instanceof SetupError ? error.message : error.stack}`);
    console.error(`\nThe loop stopped after ${seconds(began)}.`);
  }
  if (options.exit || !server.ours) {
    await server.stop();
    process.exitCode = good ? 0 : 1;
    return;
  }
  console.log('The server keeps running. Ctrl-C stops it.');
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void server.stop());
  process.exitCode = await server.ended;
});

/** How the same server is started again, on the same data. */
function again({ port, data }) {
  const flags = [
    ...(port === '5000' ? [] : ['--port', port]),
    ...(data === join(root, '.treadle') ? [] : ['--data', data]),
  ];
  return ['bin/treadle server', ...flags].join(' ');
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        exit: { type: 'boolean', default: false },
        port: { type: 'string', default: process.env.TREADLE_PORT ?? '5000' },
        data: { type: 'string', default: process.env.TREADLE_DATA ?? join(root, '.treadle') },
      },
    });
  } catch (error) {
    throw new SetupError(`${error.message}\nUsage: npm start -- [--exit] [--port 5000] [--data .treadle]`);
  }
}
