import { chooseWorkspace, switchWorkspace } from '../../../src/access/contract.ts';
import { call } from '../api/client.ts';
import { sayError } from '../kit/toast.tsx';

/** Nothing of the one is shown in the other: the page begins anew. */
export async function enter(workspace: string, owner: boolean): Promise<void> {
  try {
    await call(owner ? chooseWorkspace : switchWorkspace, { body: { workspace } });
    location.assign('/');
  } catch (error) {
    sayError(`Workspace ${workspace} cannot be entered`, error);
  }
}
