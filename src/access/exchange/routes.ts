import { limited } from '../../platform/errors/index.ts';
import { route, type Route } from '../../platform/http/index.ts';
import type { Outbound } from '../../platform/outbound/index.ts';
import * as contract from '../contract.ts';
import { exchangeToken, LIFE } from './exchange.ts';
import { createIssuerKeys } from './keys.ts';
import { addTrust, listTrusts, removeTrust } from './trusts.ts';

/** Signatures that are checked at a time: each takes the processor, and anybody may ask. */
const AT_ONCE = 16;

export function exchangeRoutes(outbound: Outbound): Route[] {
  const keys = createIssuerKeys(outbound);
  let under = 0;
  return [
    route(contract.exchangeToken, async (ctx, { body }) => {
      if (under >= AT_ONCE)
        throw limited('too many tokens are exchanged at once', {
          hint: 'try again after the time in Retry-After',
          retryAfter: 1,
        });
      under++;
      try {
        const { scope, ...asked } = body;
        const { secret, service, workspace } = await exchangeToken(ctx, keys, {
          ...asked,
          ...(scope === undefined ? {} : { role: scope }),
        });
        return {
          access_token: secret,
          issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' as const,
          token_type: 'Bearer' as const,
          expires_in: LIFE / 1000,
          service,
          workspace,
        };
      } finally {
        under--;
      }
    }),
    route(contract.listTrusts, async (ctx) => ({ items: await listTrusts(ctx) })),
    route(contract.addTrust, (ctx, { body }) => addTrust(ctx, outbound, body)),
    route(contract.removeTrust, async (ctx, { params }) => {
      await removeTrust(ctx, params.trust);
      return {};
    }),
  ];
}
