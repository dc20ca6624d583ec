import { revokeLeftTokens } from '../../access/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { selectRunning } from '../store.ts';
import type { Handle } from './back-end.ts';
import type { Local } from './local/local-back-end.ts';

/**
 * What a server finds of those before it: tries that still run, or have ended since, are adopted, and their executions go on with them once
 * their jobs are taken up. Everything else of steps ends here: processes, folders, tokens.
 */
export async function recover(house: Ctx, backEnd: Local): Promise<void> {
  const tokens = new Set<string>();
  for (const { execution_id: execution, name, attempt, handle, token_id } of await selectRunning(house)) {
    if (handle === null) continue;
    const stored = JSON.parse(handle) as Handle; // written by us
    if (stored.by !== backEnd.name) continue;
    if ((await backEnd.adopt({ execution, name, attempt }, stored)) === 'adopted' && token_id !== null)
      tokens.add(token_id);
  }
  await backEnd.sweep();
  // Where servers share a database, steps of others go on; what is theirs ends when somebody takes it up.
  if (!house.dialect.shared) await revokeLeftTokens(house, tokens);
}
