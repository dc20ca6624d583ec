import type { Ctx } from '../platform/ctx/index.ts';
import type { Token } from './contract.ts';
import { selectNames } from './people/store.ts';
import { selectTokens } from './store.ts';

/** Those of the workspace, newest first, with whose they are, and whether that shuts them. */
export async function listTokens(ctx: Ctx): Promise<{ items: Token[] }> {
  const tokens = await selectTokens(ctx);
  const people = await selectNames(
    ctx,
    tokens.flatMap(({ person }) => person ?? []),
  );
  const byId = new Map(people.map((one) => [one.id, one]));
  return {
    items: tokens.map((token): Token => {
      if (token.person === undefined) return token;
      const whose = byId.get(token.person);
      if (!whose) return { ...token, shut: 'removed' };
      return { ...token, of: whose.name, ...(whose.disabled_at === null ? {} : { shut: 'disabled' }) };
    }),
  };
}
