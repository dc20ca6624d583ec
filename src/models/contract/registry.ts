import { Type } from 'typebox';
import { endpoint, listed, named, Page, Strict } from '../../platform/http/contract.ts';
import {
  Comparison,
  Description,
  Model,
  ModelName,
  ModelVersion,
  Stage,
  TagKey,
  Tags,
  TagValue,
  VersionDetail,
} from './nouns.ts';
import { Paging, Reason } from './parts.ts';

const Deletion = {
  ...Reason,
  force: Type.Optional(
    Type.Boolean({
      description:
        'Delete it although it answers at an endpoint, is what a rollback goes back to, or is on its way by a release: what needs it cannot be loaded again.',
    }),
  ),
};
const OneModel = Strict({ model: ModelName });
const OneVersion = Strict({
  model: ModelName,
  version: Type.String({ maxLength: 260, description: 'A number, `latest`, or `@alias`.' }),
});

export const listModels = endpoint({
  method: 'GET',
  path: '/api/v1/models',
  action: 'model:read',
  about: [listed('model')],
  summary: 'List registered models, each with its latest version and aliases',
  query: Strict({
    search: Type.Optional(Type.String({ maxLength: 256, description: 'Part of the name, in any case.' })),
    sort: Type.Optional(
      Type.Union([Type.Literal('name'), Type.Literal('updated')], {
        description: '`updated`: newest first. Default: name.',
      }),
    ),
    ...Paging,
  }),
  response: Page(Model),
});

export const getModel = endpoint({
  method: 'GET',
  path: '/api/v1/models/:model',
  action: 'model:read',
  about: [named('model')],
  summary: 'Get a model',
  params: OneModel,
  response: Model,
});

export const createModel = endpoint({
  method: 'POST',
  path: '/api/v1/models',
  action: 'model:write',
  about: [{ kind: 'model_name', in: 'body', field: 'name' }],
  summary: 'Make a model, still without versions',
  body: Strict({ name: ModelName, description: Type.Optional(Description), tags: Type.Optional(Tags) }),
  response: Model,
});

export const updateModel = endpoint({
  method: 'PATCH',
  path: '/api/v1/models/:model',
  action: 'model:write',
  about: [named('model'), { kind: 'model_name', in: 'body', field: 'name', optional: true }],
  summary: 'Rename a model, or describe it',
  params: OneModel,
  body: Strict({ name: Type.Optional(ModelName), description: Type.Optional(Description) }),
  response: Model,
});

export const deleteModel = endpoint({
  method: 'DELETE',
  path: '/api/v1/models/:model',
  action: 'model:write',
  about: [named('model')],
  summary: 'Delete a model with all its versions; refused while one of them is in use',
  params: OneModel,
  query: Strict(Deletion),
  response: Type.Object({ deleted_versions: Type.Integer() }),
});

export const setModelTag = endpoint({
  method: 'PUT',
  path: '/api/v1/models/:model/tags/:key',
  action: 'model:write',
  about: [named('model')],
  summary: 'Set a tag of a model',
  params: Strict({ model: ModelName, key: TagKey }),
  body: Strict({ value: TagValue }),
  response: Model,
});

export const deleteModelTag = endpoint({
  method: 'DELETE',
  path: '/api/v1/models/:model/tags/:key',
  action: 'model:write',
  about: [named('model')],
  summary: 'Delete a tag of a model',
  params: Strict({ model: ModelName, key: TagKey }),
  response: Model,
});

export const setAlias = endpoint({
  method: 'PUT',
  path: '/api/v1/models/:model/aliases/:alias',
  action: 'model:write',
  about: [named('model')],
  summary: 'Point an alias at a version',
  params: Strict({ model: ModelName, alias: Type.String({ maxLength: 255 }) }),
  body: Strict({ version: Type.Integer({ minimum: 1 }), ...Reason }),
  response: Model,
});

export const deleteAlias = endpoint({
  method: 'DELETE',
  path: '/api/v1/models/:model/aliases/:alias',
  action: 'model:write',
  about: [named('model')],
  summary: 'Delete an alias; the version stays',
  params: Strict({ model: ModelName, alias: Type.String({ maxLength: 255 }) }),
  query: Strict(Reason),
  response: Model,
});

export const listVersions = endpoint({
  method: 'GET',
  path: '/api/v1/models/:model/versions',
  action: 'model:read',
  about: [named('model')],
  summary: 'List the versions of a model, newest first',
  params: OneModel,
  query: Strict({
    stage: Type.Optional(Stage),
    tag: Type.Optional(Type.String({ maxLength: 1000, description: '`key=value`.' })),
    run: Type.Optional(Type.String()),
    sort: Type.Optional(
      Type.Union([Type.Literal('version'), Type.Literal('updated'), Type.Literal('created')]),
    ),
    order: Type.Optional(Type.Union([Type.Literal('asc'), Type.Literal('desc')])),
    ...Paging,
  }),
  response: Page(ModelVersion),
});

export const createVersion = endpoint({
  method: 'POST',
  path: '/api/v1/models/:model/versions',
  action: 'model:write',
  about: [
    named('model'),
    { kind: 'source', in: 'body', field: 'source', verb: 'read' },
    { kind: 'run', in: 'body', field: 'run_id', verb: 'read', optional: true },
  ],
  summary: 'Register a version of a model; the model is made if it does not exist',
  params: OneModel,
  body: Strict({
    source: Type.String({
      minLength: 1,
      maxLength: 2000,
      description: '`models:/m-…`, `runs:/<run>/<path>`, `models:/<name>/<version>`, or a URI outside.',
    }),
    run_id: Type.Optional(Type.String()),
    description: Type.Optional(Description),
    tags: Type.Optional(Tags),
  }),
  response: ModelVersion,
});

export const getVersion = endpoint({
  method: 'GET',
  path: '/api/v1/models/:model/versions/:version',
  action: 'model:read',
  about: [named('model')],
  summary: 'Get a version with its files, run, data and lineage',
  params: OneVersion,
  response: VersionDetail,
});

export const getVersionFile = endpoint({
  method: 'GET',
  path: '/api/v1/models/:model/versions/:version/files/*',
  action: 'model:read',
  about: [named('model')],
  summary: 'Download one file of a version',
  params: Strict({
    model: ModelName,
    version: OneVersion.properties.version,
    '*': Type.String({ description: 'Path of the file.' }),
  }),
  response: 'bytes',
});

export const updateVersion = endpoint({
  method: 'PATCH',
  path: '/api/v1/models/:model/versions/:version',
  action: 'model:write',
  about: [named('model')],
  summary: 'Describe a version, or move it to another stage',
  params: OneVersion,
  body: Strict({ description: Type.Optional(Description), stage: Type.Optional(Stage), ...Reason }),
  response: ModelVersion,
});

export const deleteVersion = endpoint({
  method: 'DELETE',
  path: '/api/v1/models/:model/versions/:version',
  action: 'model:write',
  about: [named('model')],
  summary: 'Delete a version; its number is never given again; refused while it is in use',
  params: OneVersion,
  query: Strict(Deletion),
  response: Type.Object({ deleted: Type.String() }),
});

export const setVersionTag = endpoint({
  method: 'PUT',
  path: '/api/v1/models/:model/versions/:version/tags/:key',
  action: 'model:write',
  about: [named('model')],
  summary: 'Set a tag of a version',
  params: Strict({ ...OneVersion.properties, key: TagKey }),
  body: Strict({ value: TagValue }),
  response: ModelVersion,
});

export const deleteVersionTag = endpoint({
  method: 'DELETE',
  path: '/api/v1/models/:model/versions/:version/tags/:key',
  action: 'model:write',
  about: [named('model')],
  summary: 'Delete a tag of a version',
  params: Strict({ ...OneVersion.properties, key: TagKey }),
  response: ModelVersion,
});

export const compareVersions = endpoint({
  method: 'GET',
  path: '/api/v1/models/:model/compare',
  action: 'model:read',
  about: [named('model')],
  summary: 'Say how two versions of a model differ',
  params: OneModel,
  query: Strict({ a: OneVersion.properties.version, b: OneVersion.properties.version }),
  response: Comparison,
});
