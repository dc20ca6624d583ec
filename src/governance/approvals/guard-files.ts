import { followersOf } from '../../models/index.ts';
import { forbidden } from '../../platform/errors/index.ts';
import type { ArtifactGuard } from '../../tracking/index.ts';
import { guarding, policiesNow, wordsOf } from './covers.ts';

/**
 * What people approved is what whoever follows the alias or the stage gets: as long as one that is guarded leads to a version, its files
 * stay. An endpoint answers with copies of its own, which no write reaches.
 */
export const guardFiles: ArtifactGuard = async (tx, path, change) => {
  const policies = (await policiesNow(tx)).filter(({ terms }) =>
    terms.covers.some((cover) => 'alias' in cover || 'stage' in cover),
  );
  if (policies.length === 0) return;
  for (const follower of await followersOf(tx, path, change === 'deleted')) {
    const [policy] = await guarding(tx, follower, policies);
    if (policy === undefined) continue;
    const { model, version } = follower;
    throw forbidden(
      `'${path.slice(0, 300)}' belongs to ${model.name} v${version}, to which ${wordsOf(follower)} leads, guarded by policy '${policy.name}': its files stay as they are`,
      {
        field: 'path',
        hint: 'log the model anew, register that as a new version, and ask for its approval',
        code: 'files-guarded',
      },
    );
  }
};
