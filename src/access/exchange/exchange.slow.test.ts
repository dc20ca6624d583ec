import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import test from 'node:test';
import { SignJWT, UnsecuredJWT } from 'jose';
import { freePort } from '../../../test/free-port.ts';
import { openTest } from '../../../test/harness.ts';
import { addService } from '../people/add-user.ts';
import { createOutbound } from '../../platform/outbound/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { exchangeToken } from './exchange.ts';
import { createIssuerKeys } from './keys.ts';
import { setRoles, updateUser } from '../people/update-user.ts';

interface Key {
  kid: string;
  privateKey: KeyObject;
}
const newKey = (kid: string): Key => ({
  kid,
  privateKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
});

/** The real provider package, with these keys, at a port of its own. */
async function provider(port: number, keys: readonly Key[]) {
  const file = path.join(import.meta.dirname, '../../../test/journeys/oidc-provider.mjs');
  const child = spawn(process.execPath, [file, String(port), 'http://127.0.0.1/'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      OIDC_KEYS: JSON.stringify(
        keys.map(({ kid, privateKey }) => ({
          ...privateKey.export({ format: 'jwk' }),
          kid,
          use: 'sig',
          alg: 'RS256',
        })),
      ),
    },
  });
  await once(child.stdout, 'data');
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
}

const AUDIENCE = 'https://treadle.example.org';
const SUBJECT = 'repo:acme/flights:ref:refs/heads/main';

test('a CI job’s identity token becomes one of the service account that trusts it, for 15 minutes, and nothing else does', async () => {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  await using server = await openTest({ config: { allowOutbound: [`127.0.0.1:${port}`] } });
  const { ctx, url } = server;
  const call = async (
    method: string,
    route: string,
    body?: object,
    authorization?: string,
  ): Promise<{ status: number; said: Record<string, unknown> }> => {
    const reply = await fetch(`${url}/api/v1${route}`, {
      method,
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: reply.status, said: (await reply.json()) as Record<string, unknown> };
  };
  await addService(ctx, { name: 'ci', roles: ['editor'] });
  const trust = { service: 'ci', issuer, subject: 'repo:acme/flights:*', audience: AUDIENCE };
  for (const [change, why] of [
    [{ subject: '*' }, /begins with \*/],
    [{ subject: 're*' }, /would let in others/],
    [{ subject: 'repo:*' }, /would let in others/],
    [{ subject: 'repo:acme*' }, /would let in others/],
    [{ subject: 'project_path:*:ref:main' }, /would let in others/],
    [{ issuer: 'http://ci.example.org' }, /https alone/],
    [{ issuer: `${issuer}?x=1` }, /no query/],
    [{ issuer: 'ci' }, /no URL/],
    [{ service: 'nobody' }, /no user or service/],
  ] as const) {
    const { status, said } = await call('POST', '/trusts', { ...trust, ...change });
    assert.ok(status >= 400 && status < 500, JSON.stringify(said));
    assert.match(JSON.stringify(said), why);
  }
  const made = await call('POST', '/trusts', trust);
  assert.equal(made.status, 200, JSON.stringify(made.said));
  assert.equal((await call('POST', '/trusts', trust)).status, 409);

  const key = newKey('one');
  const stranger = newKey('one');
  let jti = 0;
  const sign = (
    claims: Record<string, unknown> = {},
    { with: by = key, header = {} }: { with?: Key; header?: object } = {},
  ): Promise<string> => {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({
      iss: issuer,
      sub: SUBJECT,
      aud: AUDIENCE,
      iat: now,
      exp: now + 300,
      jti: `job-${++jti}`,
      ...claims,
    })
      .setProtectedHeader({ alg: 'RS256', kid: by.kid, ...header })
      .sign(by.privateKey);
  };
  const exchange = (subject_token: string, more: object = {}) =>
    call('POST', '/token-exchange', {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      subject_token,
      ...more,
    });
  const refused = async (shown: string, why: RegExp, status = 401): Promise<void> => {
    const answer = await exchange(shown);
    assert.equal(answer.status, status, JSON.stringify(answer.said));
    assert.match((answer.said['error'] as { message: string }).message, why);
    assert.ok(!JSON.stringify(answer.said).includes('trd_'));
  };
  const past = Math.floor(Date.now() / 1000) - 3600;
  let bearer: string;
  {
    await using _running = await provider(port, [key]);
    const one = await sign();
    const given = await exchange(one);
    assert.equal(given.status, 200, JSON.stringify([given.said, server.errors]));
    assert.deepEqual(
      [given.said['token_type'], given.said['expires_in'], given.said['service'], given.said['workspace']],
      ['Bearer', 900, 'ci', 'default'],
    );
    bearer = `Bearer ${String(given.said['access_token'])}`;
    const me = await call('GET', '/me', undefined, bearer);
    assert.deepEqual(
      [me.said['name'], me.said['kind'], me.said['roles']],
      ['ci', 'service', ['editor']],
      'no more than the account may, whatever the token says',
    );
    await refused(one, /exchanged already/);
    await refused(await sign({ iss: 'http://127.0.0.1:1' }), /no service account trusts its issuer/);
    await refused(await sign({ iss: `${issuer}/` }), /no service account trusts its issuer/);
    await refused(await sign({ aud: 'https://elsewhere' }), /another audience/);
    await refused(await sign({ sub: 'repo:acme/flights-evil:ref' }), /no service account trusts its subject/);
    await refused(await sign({ sub: undefined }), /"sub"/);
    await refused(await sign({ exp: past }), /has expired|"exp"/);
    await refused(await sign({ exp: undefined }), /has expired|"exp"/);
    await refused(await sign({ nbf: past + 7200 }), /does not hold yet/);
    await refused(await sign({ iat: past + 7200 }), /"iat"|in the future/);
    await refused(await sign({}, { header: { typ: 'at+jwt' } }), /of type/);
    await refused(await sign({}, { with: stranger }), /signature/);
    const now = Math.floor(Date.now() / 1000);
    const bare = { iss: issuer, sub: SUBJECT, aud: AUDIENCE, iat: now, exp: now + 300 };
    await refused(new UnsecuredJWT(bare).encode(), /in another way|alg|JWS/i);
    // The issuer's public key as if it were a secret that both sides know.
    const pem = Buffer.from(JSON.stringify(key.privateKey.export({ format: 'jwk' }).n));
    await refused(
      await new SignJWT(bare).setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(pem),
      /in another way/,
    );
    await refused('no token', /no JSON Web Token/);
    assert.equal((await exchange(await sign(), { scope: 'viewer' })).status, 200);

    // Where two accounts trust it, the caller says which.
    await addService(ctx, { name: 'nightly', roles: ['viewer'] });
    await call('POST', '/trusts', { ...trust, service: 'nightly' });
    assert.equal((await exchange(await sign())).status, 400);
    const named = await exchange(await sign(), { service: 'nightly' });
    assert.deepEqual([named.status, named.said['service']], [200, 'nightly']);
  }
  const keys = createIssuerKeys(createOutbound({ allow: [`127.0.0.1:${port}`] }));
  const later = async (shown: string, ms: number) => {
    const clock: Ctx['clock'] = { ...ctx.clock, now: () => Date.now() + ms };
    return (await exchangeToken({ ...ctx, clock }, keys, { subject_token: shown, service: 'ci' })).service;
  };
  {
    await using _running = await provider(port, [key]);
    assert.equal(await later(await sign(), 0), 'ci');
  }
  {
    // Its keys are new. A key that was not heard of is asked for, not more often than twice a minute; then the old one is none any more.
    const next = newKey('two');
    await using _running = await provider(port, [next]);
    const unknown = { kind: 'unauthenticated', message: /key/i };
    await assert.rejects(later(await sign({}, { with: next }), 1000), unknown);
    assert.equal(await later(await sign(), 1000), 'ci', 'nobody has heard of the change');
    assert.equal(await later(await sign({}, { with: next }), 31_000), 'ci');
    await assert.rejects(later(await sign(), 31_000), unknown);
  }
  await assert.rejects(later(await sign(), 3_700_000), { kind: 'unavailable' });
  // What was given ends with the rights of the account, and with the account.
  await setRoles(ctx, 'ci', ['viewer']);
  assert.deepEqual((await call('GET', '/me', undefined, bearer)).said['roles'], ['viewer']);
  const [first] = (await call('GET', '/trusts')).said['items'] as Array<{ id: string }>;
  assert.equal((await call('DELETE', `/trusts/${first?.id ?? ''}`)).status, 200);
  await updateUser(ctx, 'ci', { disabled: true });
  assert.equal((await call('GET', '/me', undefined, bearer)).status, 401);
  assert.deepEqual(server.errors, []);
});
