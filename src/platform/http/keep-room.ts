import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Connections at a time; the ones past it are ended at once. */
const MOST = 8192;

/**
 * Keeps the port open to those who ask: before all connections are taken, those on which nothing is under way end, the one
 * that has been silent for longest first.
 */
export function keepRoom(server: Server, most = MOST): void {
  server.maxConnections = most;
  const silent = new Set<Socket>();
  /** Requests under way; some send the next before they have the answer. */
  const busy = new WeakMap<Socket, number>();
  let count = 0;
  server.on('connection', (socket) => {
    count++;
    const [longest] = silent;
    silent.add(socket);
    socket.once('close', () => {
      silent.delete(socket);
      count--;
    });
    if (count < most || longest === undefined) return;
    silent.delete(longest);
    longest.destroy();
  });
  server.on('request', ({ socket }, response) => {
    silent.delete(socket);
    busy.set(socket, (busy.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const left = (busy.get(socket) ?? 1) - 1;
      busy.set(socket, left);
      if (left === 0 && !socket.destroyed) silent.add(socket);
    });
  });
}
