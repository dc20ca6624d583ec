import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Configuration, CustomFetch } from 'openid-client';
import { messageOf, TreadleError, unauthenticated, unavailable } from '../../platform/errors/index.ts';
import type { Outbound } from '../../platform/outbound/index.ts';

export interface OidcSettings {
  /** `https://login.corp`; http on loopback addresses alone. */
  issuer: string;
  client: string;
  /** Holds the client's secret and nothing else; without one the client is a public one. */
  secretFile?: string | undefined;
  /** The claim that names groups. */
  groups: string;
}

/** What a provider says of somebody, checked. */
export interface Identity {
  issuer: string;
  subject: string;
  /** What they are called there; says nothing of who they are. */
  called: string;
  /** Nothing when the provider says nothing of groups. */
  groups: string[] | undefined;
}

export interface Oidc {
  /** Where to send the browser, and what it must show when it comes back. */
  begin(now: number): Promise<{ url: URL; secret: string }>;
  /** Who came back. Throws `unauthenticated` for an answer that anything is wrong with. */
  end(
    now: number,
    answer: { code?: string; state?: string; iss?: string; error?: string },
    secret: string | undefined,
  ): Promise<Identity>;
  /** The address of this server, as browsers know it. */
  listening(url: string): void;
}

/** How long somebody may take at the provider. */
export const WITHIN = 10 * 60_000;
/** A flood of beginnings must not grow the memory. */
const MOST = 5_000;
/** What a provider says of itself and its keys is asked anew after this. */
const KNOWN_FOR = 60 * 60_000;

interface Waiting {
  verifier: string;
  nonce: string;
  /** Of the secret that only the browser has which began. */
  bound: string;
  until: number;
}

/**
 * Sign-in by a provider: authorization code with PKCE, state and nonce. The signature of the identity token is checked although it
 * came over TLS, so that a provider's changed keys and odd algorithms are met, too.
 */
export function createOidc(settings: OidcSettings, outbound: Outbound): Oidc {
  const waiting = new Map<string, Waiting>();
  let base = '';
  let known: { configuration: Configuration; until: number } | undefined;

  const throughDoor: CustomFetch = async (url, { method, headers, body, signal }) => {
    if (method !== 'GET' && method !== 'POST') throw new Error(`a provider is not asked by ${method}`);
    const answer = await outbound.send({
      method,
      url,
      headers,
      ...(body === undefined || body === null ? {} : { body: formOf(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    const told = Object.entries(answer.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)] as [string, string]],
    );
    return new Response(new Uint8Array(answer.body), { status: answer.status, headers: told });
  };

  async function configured(now: number): Promise<Configuration> {
    if (known && known.until > now) return known.configuration;
    const client = await import('openid-client');
    const secret =
      settings.secretFile === undefined ? undefined : (await readFile(settings.secretFile, 'utf8')).trim();
    const issuer = new URL(settings.issuer);
    try {
      const configuration = await client.discovery(
        issuer,
        settings.client,
        undefined,
        secret === undefined ? client.None() : client.ClientSecretBasic(secret),
        {
          [client.customFetch]: throughDoor,
          execute: [
            client.enableNonRepudiationChecks,
            ...(issuer.protocol === 'http:' ? [client.allowInsecureRequests] : []),
          ],
        },
      );
      known = { configuration, until: now + KNOWN_FOR };
      return configuration;
    } catch (error) {
      if (error instanceof TreadleError) throw error;
      throw unavailable(
        `the sign-in provider ${issuer.host} does not answer as one: ${messageOf(innermost(error))}`,
        {
          cause: error,
          hint: `an owner of the server looks at oidc-issuer; where the provider is inside your network, --allow-outbound ${issuer.host}`,
        },
      );
    }
  }

  const redirect = (): string => `${base}/sign-in/oidc/callback`;

  return {
    listening: (url) => void (base = url),
    async begin(now) {
      const configuration = await configured(now);
      const client = await import('openid-client');
      for (const [state, { until }] of waiting) if (until <= now) waiting.delete(state);
      if (waiting.size >= MOST)
        throw unavailable('too many people sign in at once', {
          hint: 'try again after the time in Retry-After',
        });
      const [verifier, nonce, state] = [
        client.randomPKCECodeVerifier(),
        client.randomNonce(),
        client.randomState(),
      ];
      const secret = randomBytes(32).toString('base64url');
      waiting.set(state, { verifier, nonce, bound: hashOf(secret), until: now + WITHIN });
      const url = client.buildAuthorizationUrl(configuration, {
        redirect_uri: redirect(),
        scope: 'openid profile email',
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
        nonce,
      });
      return { url, secret };
    },
    async end(now, { code, state = '', iss, error }, secret) {
      const begun = waiting.get(state);
      // Whatever it is, it is answered once.
      waiting.delete(state);
      if (!begun || begun.until <= now || secret === undefined || hashOf(secret) !== begun.bound)
        throw refused('it was not begun in this browser, or too long ago');
      if (error !== undefined || code === undefined) throw refused('the provider did not let you in');
      const configuration = await configured(now);
      const client = await import('openid-client');
      const came = new URL(redirect());
      came.search = new URLSearchParams({ code, state, ...(iss === undefined ? {} : { iss }) }).toString();
      try {
        const tokens = await client.authorizationCodeGrant(configuration, came, {
          pkceCodeVerifier: begun.verifier,
          expectedState: state,
          expectedNonce: begun.nonce,
          idTokenExpected: true,
        });
        const claims = tokens.claims();
        if (!claims || claims.sub.trim() === '') throw refused('it holds no identity');
        return {
          issuer: claims.iss,
          subject: claims.sub,
          called: textOf(claims['preferred_username']) ?? textOf(claims['email']) ?? claims.sub,
          groups: groupsOf(claims[settings.groups]),
        };
      } catch (fault) {
        if (fault instanceof TreadleError) throw fault;
        // Its keys or its own description may have changed: the next one asks anew.
        known = undefined;
        throw refused(messageOf(innermost(fault)), fault);
      }
    },
  };
}

const refused = (why: string, cause?: unknown): TreadleError =>
  unauthenticated(`this sign-in is refused: ${why}`, {
    hint: 'begin it again',
    ...(cause === undefined ? {} : { cause }),
  });

/** The library asks for tokens by a form, and for the rest by no body at all. */
function formOf(body: unknown): string {
  if (typeof body === 'string') return body;
  if (body instanceof URLSearchParams) return body.toString();
  throw new Error('a provider is asked by a form');
}

/** The library says last what it saw first. */
const innermost = (fault: unknown): unknown =>
  fault instanceof Error && fault.cause instanceof Error ? innermost(fault.cause) : fault;

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

const textOf = (claim: unknown): string | undefined =>
  typeof claim === 'string' && claim !== '' ? claim : undefined;

const groupsOf = (claim: unknown): string[] | undefined =>
  Array.isArray(claim) ? claim.filter((one) => typeof one === 'string') : undefined;
