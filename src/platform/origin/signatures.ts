import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** How Git servers prove that a push is theirs, each with the same secret. Pure. */

/** Signatures that carry a time hold for so long around it, ms. */
const TOLERANCE = 5 * 60_000;

type Headers = Readonly<Record<string, string | undefined>>;

/** There is something to check: without, the body is not read at all. */
export const isSigned = (headers: Headers): boolean =>
  ['x-hub-signature-256', 'x-gitlab-token', 'webhook-signature'].some((name) => headers[name] !== undefined);

/** GitHub, Gitea and Forgejo sign the body; GitLab shows the secret, or signs as Standard Webhooks do. */
export function isGenuine(secret: string, headers: Headers, body: Uint8Array, now: number): boolean {
  const hub = headers['x-hub-signature-256'];
  if (hub !== undefined)
    return isSame(hub, `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
  const signatures = headers['webhook-signature'];
  const [id, time] = [headers['webhook-id'] ?? '', headers['webhook-timestamp'] ?? ''];
  if (signatures !== undefined) {
    if (!/^\d{1,12}$/.test(time) || Math.abs(Number(time) * 1000 - now) > TOLERANCE) return false;
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    const own = createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest('base64');
    return signatures.split(' ').some((one) => isSame(one, `v1,${own}`));
  }
  const shown = headers['x-gitlab-token'];
  return shown !== undefined && isSame(shown, secret);
}

/** In the same time, whatever differs. */
function isSame(given: string, own: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(own));
}
