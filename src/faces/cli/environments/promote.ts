import * as contract from '../../../promotions/contract.ts';
import type { Cli } from '../frame.ts';
import { followRelease } from '../releases.ts';
import { readTarget } from '../serving/target.ts';

export interface ToEnvironment {
  atOnce?: boolean;
  detach?: boolean;
}

/** `treadle promote flights@v3 --to staging`. */
export async function promoteTo(
  cli: Cli,
  what: string,
  { to, atOnce, detach = false }: ToEnvironment & { to: string },
): Promise<void> {
  const { model = '', version } = readTarget(what);
  const release = await cli.client().call(contract.promoteVersion, {
    params: { environment: to },
    body: { model, version, ...(atOnce === undefined ? {} : { at_once: atOnce }) },
  });
  await followRelease(cli, release, detach);
}
