import type { IncomingMessage } from 'node:http';

/** A caller that was answered before all of its body came may still send so much, so that the answer is not lost to a reset. */
export const LINGER_BYTES = 1024 * 1024;
export const LINGER_MS = 2000;

/** Reads away what a caller still sends, for a while: a connection that ends with bytes unread takes its answer with it. */
export function linger(message: IncomingMessage, then: () => void): void {
  let left = LINGER_BYTES;
  let over = false;
  const patience = setTimeout(end, LINGER_MS);
  function end(): void {
    if (over) return;
    over = true;
    clearTimeout(patience);
    message.off('data', count);
    then();
  }
  function count(chunk: Buffer): void {
    left -= chunk.length;
    if (left < 0) end();
  }
  message.on('data', count);
  message.once('end', end);
  message.once('close', () => clearTimeout(patience));
}
