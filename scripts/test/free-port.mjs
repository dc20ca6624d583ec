// A port for a server that starts later, or ends and comes back. Not one that the system gives out: until the server listens, the next
// connection of any program could leave from that very port, and one to that port could even meet itself. The next port is free, too:
// without being told another, a server lets its data plane listen there.
import { createServer } from 'node:net';

/** Below what Linux, macOS and Windows use for connections that leave. */
const [FIRST, COUNT] = [20_000, 12_000];

/** @returns {Promise<number>} */
export async function freePort() {
  for (let tries = 0; tries < 1000; tries++) {
    // Even ones alone, so that nobody gets the port of somebody's data plane.
    const port = FIRST + 2 * Math.floor(Math.random() * (COUNT / 2));
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
  throw new Error(`no port between ${FIRST} and ${FIRST + COUNT} is free`);
}

const isFree = (port) =>
  new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
