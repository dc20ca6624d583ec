import { listEnvironments } from '../../../promotions/contract.ts';
import type { Cli } from '../frame.ts';

/** What to say of environments that there are not: to name one before it is made is no fault, and mostly a slip. */
export async function unknownEnvironments(cli: Cli, named: readonly string[]): Promise<string | undefined> {
  if (named.length === 0) return undefined;
  const { items } = await cli.client().call(listEnvironments, {});
  const unknown = named.filter((one) => items.every(({ name }) => name !== one));
  return unknown.length === 0
    ? undefined
    : `there is no environment ${unknown.map((one) => `'${one}'`).join(' and no ')} yet: treadle environment`;
}
