import type { JWTPayload, JWTVerifyResult } from 'jose';
import type { Actor, Ctx, Role } from '../../platform/ctx/index.ts';
import { invalid, messageOf, TreadleError, unauthenticated } from '../../platform/errors/index.ts';
import { fits } from '../../platform/patterns/index.ts';
import { createToken } from '../create-token.ts';
import type { IssuerKeys } from './keys.ts';
import { noteExchanged, selectTrustsOf, type NamedTrust } from './store.ts';

/** How long what is given out opens anything, ms. */
export const LIFE = 15 * 60_000;
/** Clocks that differ, s. */
const TOLERANCE = 5;
/** What is signed by the issuer alone: no `none`, and nothing that a secret signs which both sides know. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

export interface Exchange {
  subject_token: string;
  service?: string;
  workspace?: string;
  role?: Role;
}

/**
 * Gives a token of a service account, for a quarter of an hour, to whoever shows an identity token of an issuer that the account trusts,
 * for the subject and audience that it trusts. One that names itself (`jti`) is exchanged once.
 */
export async function exchangeToken(
  ctx: Ctx,
  keys: IssuerKeys,
  { subject_token: shown, service, workspace, role }: Exchange,
): Promise<{ secret: string; expires_at: number; service: string; workspace: string }> {
  const issuer = await claimedIssuer(shown);
  const trusted = (await selectTrustsOf(ctx, issuer)).filter(
    (one) =>
      (service === undefined || one.service === service.toLowerCase()) &&
      (workspace === undefined || one.workspace === workspace),
  );
  if (trusted.length === 0)
    throw refused(
      `no service account${service === undefined ? '' : ` '${service}'`}${workspace === undefined ? '' : ` of workspace '${workspace}'`} trusts its issuer '${issuer.slice(0, 200)}'`,
      'treadle service trust add NAME says whom one trusts',
    );
  const claims = await verified(shown, issuer, trusted, keys, ctx.clock.now());
  const chosen = chosenBy(trusted, claims);
  const now = ctx.clock.now();
  const actor: Actor = { kind: 'service', id: chosen.person, name: chosen.service, role: 'guest', roles: [] };
  const there = ctx.as({ actor, workspace: chosen.workspace });
  return there.write(async (tx) => {
    const expires_at = (claims.exp ?? 0) * 1000 + TOLERANCE * 1000;
    if (
      typeof claims.jti === 'string' &&
      !(await noteExchanged(tx, { issuer, jti: claims.jti, expires_at }, now))
    )
      throw refused('it was exchanged already', 'ask the CI system for another: each is exchanged once');
    const made = await createToken(tx, {
      name: `exchanged: ${claims.sub ?? ''}`.slice(0, 100),
      // What the account may is asked at each request.
      role: role ?? 'admin',
      service: chosen.service,
      life: LIFE,
    });
    await tx.record({
      action: 'token.exchanged',
      resource: `token:${made.token.id}`,
      after: {
        trust: chosen.id,
        issuer,
        subject: claims.sub,
        ...(claims.jti === undefined ? {} : { jti: claims.jti }),
      },
    });
    return {
      secret: made.secret,
      expires_at: made.token.expires_at,
      service: chosen.service,
      workspace: chosen.workspace,
    };
  });
}

/** Whose token it says that it is: nothing but a word to look up by, until the signature is checked. */
async function claimedIssuer(shown: string): Promise<string> {
  const { decodeJwt } = await import('jose');
  try {
    const { iss } = decodeJwt(shown);
    if (typeof iss === 'string') return iss;
  } catch {
    throw refused('it is no JSON Web Token');
  }
  throw refused('it names no issuer');
}

async function verified(
  shown: string,
  issuer: string,
  trusted: readonly NamedTrust[],
  keys: IssuerKeys,
  now: number,
): Promise<JWTPayload> {
  const { jwtVerify, errors } = await import('jose');
  const verify = async (fresh: boolean): Promise<JWTVerifyResult> =>
    jwtVerify(shown, await keys.of(issuer, now, fresh), {
      algorithms: ALGORITHMS,
      issuer,
      audience: [...new Set(trusted.map(({ audience }) => audience))],
      requiredClaims: ['exp', 'iat', 'sub'],
      clockTolerance: TOLERANCE,
      currentDate: new Date(now),
    });
  try {
    const { payload, protectedHeader } = await verify(false).catch((error: unknown) => {
      // A key that was changed since we asked.
      if (error instanceof errors.JWKSNoMatchingKey) return verify(true);
      throw error;
    });
    if (protectedHeader.typ !== undefined && protectedHeader.typ.toLowerCase() !== 'jwt')
      throw refused(`it is no identity token, but of type '${protectedHeader.typ.slice(0, 50)}'`);
    if ((payload.iat ?? 0) * 1000 > now + TOLERANCE * 1000) throw refused('it was issued in the future');
    return payload;
  } catch (error) {
    if (error instanceof TreadleError) throw error;
    const why =
      error instanceof errors.JWTClaimValidationFailed ? `${error.code}/${error.claim}` : codeOf(error);
    const [says, hint] = WORDS[why] ?? [messageOf(error), undefined];
    throw refused(says, hint, error);
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** What the library says of a token, in words that whoever set the job up can act on. */
const WORDS: Readonly<Record<string, readonly [says: string, hint?: string]>> = {
  ERR_JWT_EXPIRED: ['it has expired', 'ask the CI system for another, in the job that shows it'],
  'ERR_JWT_CLAIM_VALIDATION_FAILED/nbf': ['it does not hold yet', 'look at the clocks of both machines'],
  'ERR_JWT_CLAIM_VALIDATION_FAILED/aud': [
    'it is meant for another audience than those that are trusted',
    'ask for it with the audience of the trust: treadle service trust list',
  ],
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: ['its signature is not that of its issuer'],
  ERR_JWKS_NO_MATCHING_KEY: ['its issuer has no key of the name that it gives'],
  ERR_JOSE_ALG_NOT_ALLOWED: [`it is signed in another way than ${ALGORITHMS.join(', ')}`],
};

/** The one account that trusts this subject and audience. Of several that do, the caller names one. */
function chosenBy(trusted: readonly NamedTrust[], { sub = '', aud = [] }: JWTPayload): NamedTrust {
  const audiences = Array.isArray(aud) ? aud : [aud];
  const fitting = trusted.filter(
    ({ subject, audience }) => audiences.includes(audience) && fits(subject, sub),
  );
  const [first, ...others] = fitting;
  if (!first)
    throw refused(
      `no service account trusts its subject '${sub.slice(0, 200)}'`,
      'look at: treadle service trust list',
    );
  if (others.some(({ person, workspace }) => person !== first.person || workspace !== first.workspace))
    throw invalid('several service accounts trust this token', {
      field: 'service',
      hint: 'name the one that you want, and its workspace',
    });
  return first;
}

const refused = (why: string, hint?: string, cause?: unknown): TreadleError =>
  unauthenticated(`this token is not exchanged: ${why}`, {
    field: 'subject_token',
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
