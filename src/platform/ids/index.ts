import { randomBytes } from 'node:crypto';

/**
 * 32 hex digits that sort by creation time: UUIDv7 (RFC 9562 §5.7) without dashes.
 * MLflow's run ids have the same form, so ours pass wherever its clients look at them.
 */
export function newId(now: number = Date.now()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return bytes.toString('hex');
}
