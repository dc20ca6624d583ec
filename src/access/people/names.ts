import type { Ctx } from '../../platform/ctx/index.ts';
import { selectTokenNames } from '../store.ts';
import { findPerson, selectNames } from './store.ts';

/** Who stands behind what is written of an act. */
export interface Behind {
  /** The person or service, as they are called now; absent where nobody is, or they are removed. */
  person?: string;
  /** The token they used. */
  token?: string;
}

/** By the ids of those who acted, as the ledger has them: of people, or of tokens, which may be somebody's. */
export async function namesBehind(ctx: Ctx, ids: readonly string[]): Promise<ReadonlyMap<string, Behind>> {
  const tokens = new Map((await selectTokenNames(ctx, ids)).map((token) => [token.id, token]));
  const people = [...ids, ...[...tokens.values()].flatMap(({ person }) => person ?? [])];
  const names = new Map((await selectNames(ctx, people)).map(({ id, name }) => [id, name]));
  return new Map(
    [...new Set(ids)].map((id): [string, Behind] => {
      const token = tokens.get(id);
      const person = names.get(token?.person ?? id);
      return [
        id,
        {
          ...(person === undefined ? {} : { person }),
          ...(token === undefined ? {} : { token: token.name }),
        },
      ];
    }),
  );
}

/** The id of the person or service that is called so. */
export const idOfNamed = async (ctx: Ctx, name: string): Promise<string | undefined> =>
  (await findPerson(ctx, name.toLowerCase()))?.id;
