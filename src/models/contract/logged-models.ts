import { Type } from 'typebox';
import { endpoint, Page, Strict } from '../../platform/http/contract.ts';
import { LoggedModel, ModelFile, ModelVersion } from './nouns.ts';
import { Paging, Reason } from './parts.ts';

export const listLoggedModels = endpoint({
  method: 'GET',
  path: '/api/v1/logged-models',
  action: 'model:read',
  summary: 'List what runs have packaged, newest first',
  query: Strict({ experiment: Type.Optional(Type.String()), run: Type.Optional(Type.String()), ...Paging }),
  response: Page(LoggedModel),
});

export const getLoggedModel = endpoint({
  method: 'GET',
  path: '/api/v1/logged-models/:id',
  action: 'model:read',
  about: [{ kind: 'logged_model', in: 'params', field: 'id' }],
  summary: 'Get a logged model with its files and registered versions',
  params: Strict({ id: Type.String() }),
  response: Type.Object({
    logged_model: LoggedModel,
    files: Type.Array(ModelFile),
    versions: Type.Array(ModelVersion),
  }),
});

export const deleteLoggedModel = endpoint({
  method: 'DELETE',
  path: '/api/v1/logged-models/:id',
  action: 'model:write',
  summary: 'Delete a logged model; it can be restored',
  params: Strict({ id: Type.String() }),
  query: Strict(Reason),
  response: LoggedModel,
});

export const restoreLoggedModel = endpoint({
  method: 'POST',
  path: '/api/v1/logged-models/:id/restore',
  action: 'model:write',
  summary: 'Bring a deleted logged model back',
  params: Strict({ id: Type.String() }),
  response: LoggedModel,
});
