import { Type, type Static } from 'typebox';
import { endpoint, Millis, named, Page, Strict } from '../../platform/http/contract.ts';

export const ArtifactEntry = Type.Object({
  path: Type.String({ description: 'From the run’s artifact root.' }),
  folder: Type.Boolean(),
  size: Type.Optional(Type.Integer({ description: 'Bytes; files only.' })),
  type: Type.Optional(Type.String({ description: 'Media type, as uploaded or by the name.' })),
  hash: Type.Optional(Type.String({ description: 'BLAKE3 of the bytes; files only.' })),
  created_at: Millis('When it was uploaded.'),
});
export type ArtifactEntry = Static<typeof ArtifactEntry>;

const File = Strict({ run: Type.String(), '*': Type.String({ description: 'The artifact’s path.' }) });

export const listArtifacts = endpoint({
  method: 'GET',
  path: '/api/v1/runs/:run/artifacts',
  action: 'run:read',
  about: [named('run')],
  summary: 'List a folder of a run’s artifacts',
  params: Strict({ run: Type.String() }),
  query: Strict({ path: Type.Optional(Type.String({ description: 'The folder; the root unless said.' })) }),
  response: Page(ArtifactEntry),
});

export const getArtifact = endpoint({
  method: 'GET',
  path: '/api/v1/runs/:run/artifacts/*',
  action: 'run:read',
  about: [named('run')],
  summary: 'Download an artifact; answers Range',
  params: File,
  response: 'bytes',
});

export const putArtifact = endpoint({
  method: 'PUT',
  path: '/api/v1/runs/:run/artifacts/*',
  action: 'run:write',
  about: [named('run')],
  summary: 'Upload an artifact; what was there is replaced once all bytes have arrived',
  params: File,
  body: 'bytes',
  response: ArtifactEntry,
});

export const deleteArtifact = endpoint({
  method: 'DELETE',
  path: '/api/v1/runs/:run/artifacts/*',
  action: 'run:write',
  about: [named('run')],
  summary: 'Delete an artifact, or a folder with all in it',
  params: File,
  response: Type.Object({ deleted: Type.Integer({ description: 'Files deleted.' }) }),
});
