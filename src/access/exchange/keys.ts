import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { outwardMessageOf, unauthenticated, unavailable } from '../../platform/errors/index.ts';
import type { Outbound } from '../../platform/outbound/index.ts';

/** What an issuer says of itself and its keys is asked anew after this. */
const KNOWN_FOR = 60 * 60_000;
/** A key that nobody has heard of makes us ask again, and a flood of made-up ones no more often than this. */
const ASK_AGAIN = 30_000;
const MOST_BYTES = 256 * 1024;

export interface IssuerKeys {
  /** The keys of an issuer that somebody here trusts. `fresh`: ask again, for a key was not among them, unless that was just done. */
  of(issuer: string, now: number, fresh?: boolean): Promise<JWTVerifyGetKey>;
}

/** Keys of issuers, asked for through the one door to other hosts, and never of an issuer that a token alone names. */
export function createIssuerKeys(outbound: Outbound): IssuerKeys {
  const known = new Map<string, { keys: Promise<JWTVerifyGetKey>; at: number }>();

  async function read(issuer: string): Promise<JWTVerifyGetKey> {
    const about = await json(
      outbound,
      `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
      issuer,
    );
    if (!has(about, 'issuer', 'string') || about.issuer !== issuer)
      throw unauthenticated(`what lies at '${issuer}' is another issuer's description`, {
        field: 'subject_token',
      });
    if (!has(about, 'jwks_uri', 'string')) throw notOne(issuer, 'it names no keys');
    if (new URL(issuer).protocol === 'https:' && new URL(about.jwks_uri).protocol !== 'https:')
      throw notOne(issuer, 'its keys do not come by https');
    const set = await json(outbound, about.jwks_uri, issuer);
    if (!isKeySet(set)) throw notOne(issuer, 'its keys are no JSON Web Key Set');
    const { createLocalJWKSet } = await import('jose');
    return createLocalJWKSet(set);
  }

  return {
    of(issuer, now, fresh = false) {
      const found = known.get(issuer);
      if (found && now - found.at < (fresh ? ASK_AGAIN : KNOWN_FOR)) return found.keys;
      const keys = read(issuer);
      known.set(issuer, { keys, at: now });
      // What failed is asked for again by the next one.
      keys.catch(() => known.get(issuer)?.keys === keys && known.delete(issuer));
      return keys;
    },
  };
}

async function json(outbound: Outbound, url: string, issuer: string): Promise<unknown> {
  try {
    const answer = await outbound.send({
      method: 'GET',
      url,
      maxBytes: MOST_BYTES,
      headers: { accept: 'application/json' },
    });
    if (answer.status !== 200) throw new Error(`it answers with ${answer.status}`);
    return JSON.parse(answer.body.toString('utf8')) as unknown;
  } catch (error) {
    throw notOne(issuer, outwardMessageOf(error), error);
  }
}

const notOne = (issuer: string, why: string, cause?: unknown): Error =>
  unavailable(`the issuer ${new URL(issuer).host} does not answer as one: ${why}`, {
    hint: 'an owner of the server looks whether it is reachable, and at allow-outbound: treadle config',
    ...(cause === undefined ? {} : { cause }),
  });

const has = <K extends string>(value: unknown, key: K, type: 'string'): value is Record<K, string> =>
  typeof value === 'object' && value !== null && typeof (value as Record<string, unknown>)[key] === type;

const isKeySet = (value: unknown): value is JSONWebKeySet =>
  typeof value === 'object' &&
  value !== null &&
  'keys' in value &&
  Array.isArray(value.keys) &&
  value.keys.length <= 100 &&
  value.keys.every((key) => has(key, 'kty', 'string'));
