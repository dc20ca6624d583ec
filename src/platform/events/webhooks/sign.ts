import { createHmac, randomBytes } from 'node:crypto';

/** Standard Webhooks: 24 to 64 random bytes, base64, with a prefix that secret scanners know. */
export const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

/** What Standard Webhooks, and who took it up, sign: id, time and body, behind the version of how. */
export const signatureOf = (key: string | Buffer, id: string, seconds: string, body: string): string =>
  `v1,${createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')}`;

/** The headers of a message; `time` in ms. Receivers check them with any Standard Webhooks library. */
export function signedHeaders(
  secret: string,
  id: string,
  time: number,
  body: string,
): Record<string, string> {
  const seconds = String(Math.floor(time / 1000));
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': signatureOf(key, id, seconds, body),
  };
}
