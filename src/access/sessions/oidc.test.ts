import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import { createOutbound } from '../../platform/outbound/index.ts';
import { createOidc, WITHIN } from './oidc.ts';

const CLIENT = 'treadle';
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
interface Key {
  kid: string;
  publicKey: KeyObject;
  privateKey: KeyObject;
}
const newKey = (kid: string): Key => ({ kid, ...generateKeyPairSync('rsa', { modulusLength: 2048 }) });

/** A provider that says whatever it is told to: the real one of the journey says only what is right. */
async function openProvider() {
  const state = {
    keys: [newKey('one')],
    /** What the next identity token says instead, and how it is signed. */
    claims: {} as Record<string, unknown>,
    header: {} as Record<string, unknown>,
    signer: undefined as Key | undefined,
    nonce: '',
    challenge: '',
    tokens: 0,
  };
  const server = createServer((request, reply) => {
    const url = new URL(request.url ?? '/', issuer);
    const answer = (value: object): void => {
      reply.setHeader('content-type', 'application/json');
      reply.end(JSON.stringify(value));
    };
    if (url.pathname === '/.well-known/openid-configuration')
      return answer({
        issuer,
        authorization_endpoint: `${issuer}/auth`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
        authorization_response_iss_parameter_supported: true,
      });
    if (url.pathname === '/jwks')
      return answer({
        keys: state.keys.map(({ kid, publicKey }) => ({
          ...publicKey.export({ format: 'jwk' }),
          kid,
          use: 'sig',
          alg: 'RS256',
        })),
      });
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => void (body += chunk));
    request.on('end', () => {
      state.tokens++;
      const verifier = new URLSearchParams(body).get('code_verifier') ?? '';
      if (createHash('sha256').update(verifier).digest('base64url') !== state.challenge) {
        reply.statusCode = 400;
        return answer({ error: 'invalid_grant' });
      }
      const now = Math.floor(Date.now() / 1000);
      const key = state.signer ?? state.keys[0]!;
      const header = { alg: 'RS256', kid: key.kid, ...state.header };
      const claims = {
        iss: issuer,
        aud: CLIENT,
        sub: 'u-1',
        nonce: state.nonce,
        iat: now,
        exp: now + 300,
        preferred_username: 'Ana',
        groups: ['editors', 7],
        ...state.claims,
      };
      const text = `${part(header)}.${part(claims)}`;
      const signed =
        header.alg === 'none' ? '' : sign('sha256', Buffer.from(text), key.privateKey).toString('base64url');
      answer({ access_token: 'a', token_type: 'Bearer', id_token: `${text}.${signed}` });
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const issuer = `http://127.0.0.1:${port}`;
  return {
    state,
    issuer,
    port,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

test('a sign-in by a provider is taken only as it was begun, by whom, and in time; whatever is wrong with what it says is refused', async () => {
  await using provider = await openProvider();
  const { state, issuer } = provider;
  const outbound = createOutbound({ allow: [`127.0.0.1:${provider.port}`] });
  const oidc = createOidc({ issuer, client: CLIENT, groups: 'groups' }, outbound);
  oidc.listening('http://127.0.0.1:5000');
  let now = 1_000;
  const begin = async () => {
    const { url, secret } = await oidc.begin(now);
    state.nonce = url.searchParams.get('nonce') ?? '';
    state.challenge = url.searchParams.get('code_challenge') ?? '';
    return { secret, state: url.searchParams.get('state') ?? '', query: url.searchParams };
  };
  const end = async (
    change: { claims?: object; header?: object; signer?: Key; iss?: string | null; nonce?: string } = {},
  ) => {
    const begun = await begin();
    Object.assign(state, { claims: change.claims ?? {}, header: change.header ?? {}, signer: change.signer });
    if (change.nonce !== undefined) state.nonce = change.nonce;
    const iss = change.iss === undefined ? issuer : change.iss;
    return oidc.end(now, { code: 'c', state: begun.state, ...(iss === null ? {} : { iss }) }, begun.secret);
  };
  const no = (what: string, change: Parameters<typeof end>[0], why: RegExp) =>
    assert.rejects(end(change), (error: Error & { kind?: string }) => {
      assert.equal(error.kind, 'unauthenticated', `${what}: ${error.message}`);
      assert.match(error.message, why, what);
      return true;
    });

  const { query } = await begin();
  assert.deepEqual(
    [
      query.get('response_type'),
      query.get('code_challenge_method'),
      query.get('redirect_uri'),
      query.get('scope'),
    ],
    ['code', 'S256', 'http://127.0.0.1:5000/sign-in/oidc/callback', 'openid profile email'],
  );
  assert.deepEqual(await end(), { issuer, subject: 'u-1', called: 'Ana', groups: ['editors'] });
  assert.equal(
    (await end({ claims: { groups: undefined } })).groups,
    undefined,
    'nothing said is nothing taken',
  );

  await no('another issuer', { claims: { iss: 'https://evil.example' } }, /"iss"/);
  await no('another issuer answers', { iss: 'https://evil.example' }, /"iss"/);
  await no('who answers is not said', { iss: null }, /"iss"/);
  await no('another audience', { claims: { aud: 'another' } }, /"aud"/);
  await no('for several, by another', { claims: { aud: [CLIENT, 'x'], azp: 'x' } }, /"azp"/);
  await no('no signature', { header: { alg: 'none' } }, /"alg"/);
  await no('another algorithm', { header: { alg: 'HS256' } }, /"alg"/);
  await no('another nonce', { nonce: 'of-yesterday' }, /"nonce"/);
  await no('no nonce', { claims: { nonce: undefined } }, /"nonce"/);
  await no('past', { claims: { exp: 1, iat: 1 } }, /"exp"/);
  await no('no subject', { claims: { sub: undefined } }, /"sub"/);
  await no('an empty subject', { claims: { sub: '' } }, /"sub"|no identity/);
  await no('a stranger’s key of the same name', { signer: newKey('one') }, /signature verification failed/);
  await no('a key that it does not know', { signer: newKey('two') }, /no applicable keys/);

  // Its keys change: the new one holds at once, the old one no more.
  const [old] = state.keys;
  state.keys = [newKey('three')];
  assert.equal((await end()).subject, 'u-1');
  await no('the key of before', { signer: old! }, /no applicable keys/);

  // An answer is taken once, in the browser that began it, within ten minutes.
  const before = state.tokens;
  const once = await begin();
  const answer = { code: 'c', state: once.state, iss: issuer };
  await assert.rejects(oidc.end(now, answer, undefined), /not begun in this browser/);
  await assert.rejects(oidc.end(now, answer, once.secret), /not begun/, 'a failed one is over, too');
  const twice = await begin();
  Object.assign(state, { claims: {}, header: {}, signer: undefined });
  const good = { code: 'c', state: twice.state, iss: issuer };
  await oidc.end(now, good, twice.secret);
  await assert.rejects(oidc.end(now, good, twice.secret), /not begun/);
  const [mine, theirs] = [await begin(), await begin()];
  await assert.rejects(oidc.end(now, { ...good, state: mine.state }, theirs.secret), /not begun/);
  await assert.rejects(oidc.end(now, { ...good, state: 'x' }, theirs.secret), /not begun/);
  const late = await begin();
  now += WITHIN + 1;
  await assert.rejects(oidc.end(now, { ...good, state: late.state }, late.secret), /too long ago/);
  const denied = await begin();
  await assert.rejects(
    oidc.end(now, { error: 'access_denied', state: denied.state }, denied.secret),
    /did not let you in/,
  );
  assert.equal(state.tokens, before + 1, 'what was not begun here is not even asked about');

  // The door to other hosts holds for it, too.
  const shut = createOidc({ issuer, client: CLIENT, groups: 'groups' }, createOutbound());
  shut.listening('http://127.0.0.1:5000');
  await assert.rejects(shut.begin(now), {
    kind: /forbidden|unavailable/,
    message: /may not be called from here/,
  });
});
