import { listed } from '../../platform/http/contract.ts';
import * as models from '../../models/index.ts';
import { parseFilter, parseOrder } from '../../platform/search/index.ts';
import { call } from './call.ts';
import { bool, list, message, need, pageSize, text } from './message.ts';
import { fromPairs, pair, stage, toModelVersion } from './registry-words.ts';

const VERSIONS = '/mlflow/model-versions';
const words = list(need(text));
const oneVersion = message({ name: need(text), version: need(text) });

// Readers by name: written inside the call, the compiler loses their types.
const registerRequest = message({
  name: need(text),
  source: need(text),
  run_id: text,
  tags: list(pair),
  run_link: text,
  description: text,
  model_id: text,
});
/** Versions of one page, whatever was asked for: its token leads on. */
const MOST = 10_000;

const searchRequest = message({
  filter: text,
  max_results: pageSize(10_000, 200_000),
  order_by: words,
  page_token: text,
});
const describeRequest = message({ name: need(text), version: need(text), description: text });
const moveRequest = message({
  name: need(text),
  version: need(text),
  stage: need(stage),
  archive_existing_versions: bool,
});
const tagRequest = message({ name: need(text), version: need(text), key: need(text), value: text });
const untagRequest = message({ name: need(text), version: need(text), key: need(text) });

/** Model versions of MLflow's registry API. */
export const modelVersionRoutes = (
  users: readonly models.VersionUser[],
  guards: readonly models.MoveGuard[],
) => [
  ...call({
    method: 'POST',
    version: '2.0',
    path: `${VERSIONS}/create`,
    about: [
      { kind: 'model', in: 'message', field: 'name' },
      { kind: 'source', in: 'message', field: 'source', verb: 'read' },
      { kind: 'run', in: 'message', field: 'run_id', verb: 'read', optional: true },
      { kind: 'logged_model', in: 'message', field: 'model_id', verb: 'read', optional: true },
    ],
    action: 'model:write',
    summary: 'Register a model version',
    request: registerRequest,
    async answer(ctx, { name, source, run_id, tags, run_link, description, model_id }) {
      const version = await models.createVersion(ctx, {
        model: name,
        source,
        run_id,
        logged_model_id: model_id,
        run_link: run_link || undefined,
        description,
        tags: fromPairs(tags),
      });
      return { model_version: toModelVersion(version) };
    },
  }),
  ...call({
    method: 'GET',
    version: '2.0',
    path: `${VERSIONS}/get`,
    about: [{ kind: 'model', in: 'message', field: 'name' }],
    action: 'model:read',
    summary: 'Get a model version',
    request: oneVersion,
    async answer(ctx, { name, version }) {
      models.versionNumber(version);
      return { model_version: toModelVersion(await models.getVersion(ctx, name, version)) };
    },
  }),
  ...call({
    method: 'GET',
    version: '2.0',
    path: `${VERSIONS}/search`,
    about: [listed('model')],
    action: 'model:read',
    summary: 'Search model versions',
    request: searchRequest,
    async answer(ctx, { filter, max_results, order_by, page_token }) {
      const found = await models.searchVersions(ctx, {
        filter: parseFilter(filter, models.versionVocabulary),
        order: order_by.map((one) => parseOrder(one, models.versionVocabulary)),
        limit: Math.min(max_results, MOST),
        page: page_token,
        facts: false,
      });
      return { model_versions: found.items.map(toModelVersion), next_page_token: found.next };
    },
  }),
  ...call({
    method: 'GET',
    version: '2.0',
    path: `${VERSIONS}/get-download-uri`,
    about: [{ kind: 'model', in: 'message', field: 'name' }],
    action: 'model:read',
    summary: 'Say where the files of a version are',
    request: oneVersion,
    async answer(ctx, { name, version }) {
      models.versionNumber(version);
      return { artifact_uri: await models.getVersionLocation(ctx, name, version) };
    },
  }),
  ...call({
    method: 'PATCH',
    version: '2.0',
    path: `${VERSIONS}/update`,
    about: [{ kind: 'model', in: 'message', field: 'name' }],
    action: 'model:write',
    summary: 'Describe a model version',
    request: describeRequest,
    async answer(ctx, { name, version, description }) {
      return {
        model_version: toModelVersion(
          await models.updateVersion(
            ctx,
            name,
            models.versionNumber(version),
            { description: description ?? '' },
            guards,
          ),
        ),
      };
    },
  }),
  ...call({
    method: 'POST',
    version: '2.0',
    path: `${VERSIONS}/transition-stage`,
    about: [{ kind: 'model', in: 'message', field: 'name' }],
    action: 'model:write',
    summary: 'Move a model version to another stage',
    request: moveRequest,
    async answer(ctx, { name, version, stage: to, archive_existing_versions }) {
      const moved = await models.updateVersion(
        ctx,
        name,
        models.versionNumber(version),
        { stage: to, archiveOthers: archive_existing_versions },
        guards,
      );
      return { model_version: toModelVersion(moved) };
    },
  }),
  ...call({
    method: 'DELETE',
    version: '2.0',
    path: `${VERSIONS}/delete`,
    about: [{ kind: 'model', in: 'message', field: 'name' }],
    action: 'model:write',
    summary: 'Delete a model version',
    request: oneVersion,
    async answer(ctx, { name, version }) {
      // MLflow has no word for force: what is in use is refused.
      await models.deleteVersion(ctx, name, models.versionNumber(version), {}, users, guards);
    },
  }),
  ...call({
    method: 'POST',
    version: '2.0',
    path: `${VERSIONS}/set-tag`,
    about: [{ kind: 'model', in: 'message', field: 'name' }],
    action: 'model:write',
    summary: 'Set a tag of a model version',
    request: tagRequest,
    async answer(ctx, { name, version, key, value }) {
      await models.setVersionTag(ctx, name, models.versionNumber(version), key, value ?? '');
    },
  }),
  ...call({
    method: 'DELETE',
    version: '2.0',
    path: `${VERSIONS}/delete-tag`,
    about: [{ kind: 'model', in: 'message', field: 'name' }],
    action: 'model:write',
    summary: 'Delete a tag of a model version',
    request: untagRequest,
    async answer(ctx, { name, version, key }) {
      await models.deleteVersionTag(ctx, name, models.versionNumber(version), key, true);
    },
  }),
];
