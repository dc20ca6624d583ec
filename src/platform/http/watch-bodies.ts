import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { Pace } from '../limits/index.ts';

const SWEEP = 5000;
const LATE =
  'HTTP/1.1 408 Request Timeout\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

interface Watched {
  reply: FastifyReply;
  pace: Pace;
  /** Bytes that the connection had brought before. */
  before: number;
}

/**
 * Ends requests whose body comes too slowly. Uploads may take as long as they like while they go on; half a body that stays
 * half would hold its connection, its handler and what that has open for ever.
 */
export function watchBodies(
  app: FastifyInstance,
  { sweepEvery = SWEEP, most = Infinity }: { sweepEvery?: number; most?: number } = {},
): void {
  const coming = new Map<IncomingMessage, Watched>();
  app.addHook('onRequest', async ({ raw }, reply) => {
    if (raw.complete || (raw.headers['content-length'] === '0' && !raw.headers['transfer-encoding'])) return;
    if (raw.headers['content-length'] === undefined && raw.headers['transfer-encoding'] === undefined) return;
    coming.set(raw, { reply, pace: new Pace(performance.now(), most), before: raw.socket.bytesRead });
    raw.once('close', () => coming.delete(raw));
  });
  const sweep = setInterval(() => {
    const now = performance.now();
    for (const [raw, { reply, pace, before }] of coming) {
      if (raw.complete) coming.delete(raw);
      // Bytes are there and wait for us: that is no fault of the caller.
      else if (raw.readableLength > 0) pace.excuse(sweepEvery);
      else if (pace.late(now, raw.socket.bytesRead - before)) {
        coming.delete(raw);
        if (!reply.raw.headersSent && raw.socket.writable) raw.socket.write(LATE);
        raw.socket.destroySoon();
      }
    }
  }, sweepEvery);
  sweep.unref();
  app.addHook('onClose', async () => clearInterval(sweep));
}
