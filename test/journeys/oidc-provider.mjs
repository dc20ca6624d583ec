// A real OpenID Connect provider for a journey: node oidc-provider.mjs PORT REDIRECT. Whoever comes is who they say, in the group that is named.
import { generateKeyPairSync } from 'node:crypto';
import { Provider } from 'oidc-provider';

const [port, redirect, group] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
// Its keys are its own, or those that OIDC_KEYS says, for a test that signs in its name.
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const keys = process.env.OIDC_KEYS
  ? JSON.parse(process.env.OIDC_KEYS)
  : [{ ...privateKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'RS256' }];

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'treadle',
      client_secret: 'a secret of the client alone',
      redirect_uris: [redirect],
    },
  ],
  jwks: { keys },
  cookies: { keys: ['only for a journey'] },
  claims: { openid: ['sub', 'groups'], profile: ['preferred_username'], email: ['email'] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true } },
  findAccount: (_ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id, groups: group === undefined ? [] : [group] }),
  }),
});
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
