import type { VersionUser } from '../models/index.ts';
import { selectUnderWay } from './store.ts';

/** Versions that a release has under way: from when it is asked for until its end. */
export const versionUses: VersionUser = async (ctx, { model_ref, versions }) =>
  (await selectUnderWay(ctx, model_ref))
    .filter(({ version_ref }) => versions.has(version_ref))
    .map(({ id, version_ref, endpoint, state }) => ({
      version_ref,
      says: `is ${endpoint === null ? 'being judged' : `on its way to endpoint '${endpoint}'`} by release ${id} (${state})`,
    }));
