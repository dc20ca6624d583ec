import type { Ctx } from '../platform/ctx/index.ts';
import { outwardMessageOf, TreadleError } from '../platform/errors/index.ts';
import type { Outbound } from '../platform/outbound/index.ts';
import type { GitHostTest } from './contract.ts';
import { hostApi } from './host-api.ts';
import { requireHost } from './store.ts';

/** Asks the host for the repository, with the token. What goes wrong is the answer. */
export async function testHost(
  ctx: Ctx,
  outbound: Outbound,
  name: string,
  signal: AbortSignal,
): Promise<GitHostTest> {
  const host = await requireHost(ctx, name);
  const begun = performance.now();
  const answer = (ok: boolean, says: string): GitHostTest => ({
    ok,
    says,
    ms: Math.round(performance.now() - begun),
  });
  try {
    const { writes } = await hostApi(outbound, host, signal).look();
    const where = `${host.repository} on ${host.url}`;
    if (writes === false)
      return answer(
        false,
        `the token reads ${where} and may not write there: no status and no comment would be told`,
      );
    return answer(true, writes ? `the token reads ${where} and may write there` : `the token reads ${where}`);
  } catch (error) {
    signal.throwIfAborted();
    const hint = error instanceof TreadleError && error.hint !== undefined ? `; ${error.hint}` : '';
    return answer(false, `${outwardMessageOf(error)}${hint}`);
  }
}
