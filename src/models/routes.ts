import { route, type Route } from '../platform/http/index.ts';
import { compareVersions } from './compare-versions.ts';
import * as contract from './contract.ts';
import { createModel } from './create-model.ts';
import { createVersion } from './create-version.ts';
import { deleteAlias } from './delete-alias.ts';
import { deleteLoggedModel, restoreLoggedModel } from './delete-logged-model.ts';
import { deleteModel } from './delete-model.ts';
import { deleteVersion } from './delete-version.ts';
import { listModelFiles, openVersionFile } from './files.ts';
import { findVersionBy } from './find-version.ts';
import { getLoggedModel, getModel } from './get-model.ts';
import { listLoggedModels, listModels, listVersions } from './lists.ts';
import { deleteModelTag, setModelTag } from './model-tags.ts';
import type { MoveGuard } from './move-guard.ts';
import { setAlias } from './set-alias.ts';
import { nameToday } from './store.ts';
import { versionsOfLoggedModel } from './store-versions.ts';
import { updateModel } from './update-model.ts';
import { updateVersion } from './update-version.ts';
import { versionDetail } from './version-detail.ts';
import { deleteVersionTag, setVersionTag } from './version-tags.ts';
import type { VersionUser } from './version-users.ts';

/** `users`: the rooms that versions are needed by; `guards`: those that say what may point at a version. */
export const modelRoutes = (users: readonly VersionUser[], guards: readonly MoveGuard[]): Route[] => [
  route(contract.listModels, (ctx, { query }) => listModels(ctx, query)),
  route(contract.getModel, async (ctx, { params }) => getModel(ctx, await nameToday(ctx, params.model))),
  route(contract.createModel, (ctx, { body }) => createModel(ctx, body)),
  route(contract.updateModel, (ctx, { params, body }) => updateModel(ctx, params.model, body, guards)),
  route(contract.deleteModel, (ctx, { params, query }) =>
    deleteModel(ctx, params.model, query, users, guards),
  ),
  route(contract.setModelTag, (ctx, { params, body }) =>
    setModelTag(ctx, params.model, params.key, body.value),
  ),
  route(contract.deleteModelTag, (ctx, { params }) => deleteModelTag(ctx, params.model, params.key)),
  route(contract.setAlias, (ctx, { params, body }) => setAlias(ctx, { ...params, ...body }, guards)),
  route(contract.deleteAlias, (ctx, { params, query }) => deleteAlias(ctx, { ...params, ...query }, guards)),
  route(contract.listVersions, async (ctx, { params, query }) =>
    listVersions(ctx, await nameToday(ctx, params.model), query),
  ),
  route(contract.createVersion, (ctx, { params, body }) =>
    createVersion(ctx, { model: params.model, ...body, makeModel: true }),
  ),
  route(contract.getVersion, async (ctx, { params }) =>
    versionDetail(ctx, await nameToday(ctx, params.model), params.version),
  ),
  route(contract.getVersionFile, async (ctx, { params, headers }) =>
    openVersionFile(ctx, await nameToday(ctx, params.model), params.version, params['*'], headers['range']),
  ),
  route(contract.updateVersion, async (ctx, { params, body }) => {
    const { version } = await findVersionBy(ctx, params.model, params.version);
    return updateVersion(ctx, params.model, version, body, guards);
  }),
  route(contract.deleteVersion, async (ctx, { params, query }) => {
    const { version } = await findVersionBy(ctx, params.model, params.version);
    return deleteVersion(ctx, params.model, version, query, users, guards);
  }),
  route(contract.setVersionTag, async (ctx, { params, body }) => {
    const { version } = await findVersionBy(ctx, params.model, params.version);
    return setVersionTag(ctx, params.model, version, params.key, body.value);
  }),
  route(contract.deleteVersionTag, async (ctx, { params }) => {
    const { version } = await findVersionBy(ctx, params.model, params.version);
    return deleteVersionTag(ctx, params.model, version, params.key);
  }),
  route(contract.compareVersions, (ctx, { params, query }) =>
    compareVersions(ctx, params.model, query.a, query.b),
  ),
  route(contract.listLoggedModels, (ctx, { query }) => listLoggedModels(ctx, query)),
  route(contract.getLoggedModel, async (ctx, { params }) => {
    const logged_model = await getLoggedModel(ctx, params.id, true);
    const [files, versions] = await Promise.all([
      listModelFiles(ctx, logged_model.location),
      versionsOfLoggedModel(ctx, params.id),
    ]);
    return { logged_model, files: files.slice(0, 1000), versions };
  }),
  route(contract.deleteLoggedModel, (ctx, { params, query }) =>
    deleteLoggedModel(ctx, params.id, query.reason),
  ),
  route(contract.restoreLoggedModel, (ctx, { params }) => restoreLoggedModel(ctx, params.id)),
];
