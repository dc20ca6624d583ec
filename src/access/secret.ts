import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const PREFIX = 'trd_';
const FORM = /^trd_([A-Za-z0-9_-]{43})([0-9a-f]{8})$/;

/** A new secret: 256 random bits, and a checksum by which leak scanners know it and typos fail without a look-up. */
export function newSecret(): string {
  const body = randomBytes(32).toString('base64url');
  return `${PREFIX}${body}${checksum(body)}`;
}

export function looksLikeSecret(text: string): boolean {
  const match = FORM.exec(text);
  return match !== null && checksum(match[1]!) === match[2];
}

/** What the database keeps. The secret has full entropy, so a plain hash is enough. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');

const checksum = (body: string): string => crc32(body).toString(16).padStart(8, '0');
