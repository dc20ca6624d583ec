import { listed } from '../../platform/http/contract.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import * as models from '../../models/index.ts';
import { parseFilter, parseOrder } from '../../platform/search/index.ts';
import { call } from './call.ts';
import { list, message, need, pageSize, text } from './message.ts';
import { fromPairs, pair, stage, toModelVersion, toRegisteredModel } from './registry-words.ts';

const words = list(need(text));
const named = message({ name: need(text) });
const MODELS = '/mlflow/registered-models';

async function withLatest(ctx: Ctx, model: models.Model) {
  const latest = await models.latestVersionsOf(ctx, [model.name]);
  return toRegisteredModel(model, latest.get(model.name) ?? []);
}

async function latestVersions(
  ctx: Ctx,
  { name, stages }: { name: string; stages: Array<models.Stage | undefined> },
) {
  await models.getModel(ctx, name);
  const wanted = stages.filter((one) => one !== undefined);
  const latest = (await models.latestVersionsOf(ctx, [name])).get(name) ?? [];
  return {
    model_versions: latest
      .filter((version) => wanted.length === 0 || wanted.includes(version.stage))
      .map(toModelVersion),
  };
}

const latestRequest = message({ name: need(text), stages: list(stage) });

// Readers by name: written inside the call, the compiler loses their types.
const createRequest = message({ name: need(text), tags: list(pair), description: text });
const searchRequest = message({
  filter: text,
  max_results: pageSize(100, 1000),
  order_by: words,
  page_token: text,
});
const renameRequest = message({ name: need(text), new_name: need(text) });
const describeRequest = message({ name: need(text), description: text });
const tagRequest = message({ name: need(text), key: need(text), value: text });
const untagRequest = message({ name: need(text), key: need(text) });
const setAliasRequest = message({ name: need(text), alias: need(text), version: need(text) });
const deleteAliasRequest = message({ name: need(text), alias: need(text) });
const getAliasRequest = message({ name: need(text), alias: need(text) });

/** Registered models of MLflow's registry API. */
export const registeredModelRoutes = (
  users: readonly models.VersionUser[],
  guards: readonly models.MoveGuard[],
) => [
  ...call({
    method: 'POST',
    version: '2.0',
    path: `${MODELS}/create`,
    about: [{ kind: 'model_name', in: 'message', field: 'name' }],
    action: 'model:write',
    summary: 'Create a registered model',
    request: createRequest,
    async answer(ctx, { name, tags, description }) {
      return {
        registered_model: toRegisteredModel(
          await models.createModel(ctx, { name, description, tags: fromPairs(tags) }),
          [],
        ),
      };
    },
  }),
  ...call({
    method: 'GET',
    version: '2.0',
    path: `${MODELS}/get`,
    about: [{ kind: 'model', in: 'message', field: 'name' }],
    action: 'model:read',
    summary: 'Get a registered model',
    request: named,
    async answer(ctx, { name }) {
      return { registered_model: await withLatest(ctx, await models.getModel(ctx, name)) };
    },
  }),
  ...call({
    method: 'GET',
    version: '2.0',
    path: `${MODELS}/search`,
    about: [listed('model')],
    action: 'model:read',
    summary: 'Search registered models',
    request: searchRequest,
    async answer(ctx, { filter, max_results, order_by, page_token }) {
      const found = await models.searchModels(ctx, {
        filter: parseFilter(filter, models.modelVocabulary),
        order: order_by.map((one) => parseOrder(one, models.modelVocabulary)),
        limit: max_results,
        page: page_token,
      });
      const latest = await models.latestVersionsOf(
        ctx,
        found.items.map(({ name }) => name),
      );
      return {
        registered_models: found.items.map((model) => toRegisteredModel(model, latest.get(model.name) ?? [])),
        next_page_token: found.next,
      };
    },
  }),
  ...call({
    method: 'POST',
    version: '2.0',
    path: `${MODELS}/rename`,
    about: [
      { kind: 'model', in: 'message', field: 'name' },
      { kind: 'model_name', in: 'message', field: 'new_name' },
    ],
    action: 'model:write',
    summary: 'Rename a registered model',
    request: renameRequest,
    async answer(ctx, { name, new_name }) {
      return {
        registered_model: await withLatest(
          ctx,
          await models.updateModel(ctx, name, { name: new_name }, guards),
        ),
      };
    },
  }),
  ...call({
    method: 'PATCH',
    version: '2.0',
    path: `${MODELS}/update`,
    about: [{ kind: 'model', in: 'message', field: 'name' }],
    action: 'model:write',
    summary: 'Describe a registered model',
    request: describeRequest,
    async answer(ctx, { name, description }) {
      return {
        registered_model: await withLatest(
          ctx,
          await models.updateModel(ctx, name, { description: description ?? '' }, guards),
        ),
      };
    },
  }),
  ...call({
    method: 'DELETE',
    version: '2.0',
    path: `${MODELS}/delete`,
    about: [{ kind: 'model', in: 'message', field: 'name' }],
    action: 'model:write',
    summary: 'Delete a registered model with its versions',
    request: named,
    async answer(ctx, { name }) {
      await models.deleteModel(ctx, name, {}, users, guards);
    },
  }),
  ...(['POST', 'GET'] as const).flatMap((method) =>
    call({
      method,
      version: '2.0',
      path: `${MODELS}/get-latest-versions`,
      about: [{ kind: 'model', in: 'message', field: 'name' }],
      // A POST that only reads: the rule is about what it does.
      action: 'model:read',
      summary: 'Get the newest version of each stage',
      request: latestRequest,
      answer: latestVersions,
    }),
  ),
  ...call({
    method: 'POST',
    version: '2.0',
    path: `${MODELS}/set-tag`,
    about: [{ kind: 'model', in: 'message', field: 'name' }],
    action: 'model:write',
    summary: 'Set a tag of a registered model',
    request: tagRequest,
    async answer(ctx, { name, key, value }) {
      await models.setModelTag(ctx, name, key, value ?? '');
    },
  }),
  ...call({
    method: 'DELETE',
    version: '2.0',
    path: `${MODELS}/delete-tag`,
    about: [{ kind: 'model', in: 'message', field: 'name' }],
    action: 'model:write',
    summary: 'Delete a tag of a registered model',
    request: untagRequest,
    async answer(ctx, { name, key }) {
      await models.deleteModelTag(ctx, name, key, true);
    },
  }),
  ...call({
    method: 'POST',
    version: '2.0',
    path: `${MODELS}/alias`,
    about: [{ kind: 'model', in: 'message', field: 'name' }],
    action: 'model:write',
    summary: 'Point an alias at a version',
    request: setAliasRequest,
    async answer(ctx, { name, alias, version }) {
      await models.setAlias(ctx, { model: name, alias, version: models.versionNumber(version) }, guards);
    },
  }),
  ...call({
    method: 'DELETE',
    version: '2.0',
    path: `${MODELS}/alias`,
    about: [{ kind: 'model', in: 'message', field: 'name' }],
    action: 'model:write',
    summary: 'Delete an alias',
    request: deleteAliasRequest,
    async answer(ctx, { name, alias }) {
      await models.deleteAlias(ctx, { model: name, alias, lenient: true }, guards);
    },
  }),
  ...call({
    method: 'GET',
    version: '2.0',
    path: `${MODELS}/alias`,
    about: [{ kind: 'model', in: 'message', field: 'name' }],
    action: 'model:read',
    summary: 'Get the version that an alias points at',
    request: getAliasRequest,
    async answer(ctx, { name, alias }) {
      return { model_version: toModelVersion(await models.getVersion(ctx, name, `@${alias}`)) };
    },
  }),
];
