import { Type } from 'typebox';
import { endpoint } from '../../platform/http/contract.ts';
import { route, type Route } from '../../platform/http/index.ts';
import * as tracking from '../../tracking/index.ts';
import { call } from './call.ts';
import { typed } from './files.ts';
import { message, text } from './message.ts';
import { runId } from './wire.ts';

const Path = Type.Object({ '*': Type.String() });
const PROXY = '/mlflow-artifacts/artifacts';

/** The artifact proxy: bytes stream through, whole or in part. */
const files = (guards: readonly tracking.ArtifactGuard[]): Route[] =>
  ['api', 'ajax-api'].flatMap((twin) => {
    const path = `/${twin}/2.0${PROXY}/*`;
    const upload = endpoint({
      method: 'PUT',
      path,
      action: 'run:write',
      about: [{ kind: 'artifact', in: 'params', field: '*' }],
      summary: 'Upload an artifact',
      params: Path,
      body: 'bytes',
      response: Type.Unknown(),
    });
    const download = endpoint({
      method: 'GET',
      path,
      action: 'run:read',
      about: [{ kind: 'artifact', in: 'params', field: '*' }],
      summary: 'Download an artifact',
      params: Path,
      response: 'bytes',
    });
    const removal = endpoint({
      method: 'DELETE',
      path,
      action: 'run:write',
      about: [{ kind: 'artifact', in: 'params', field: '*' }],
      summary: 'Delete an artifact or a folder',
      params: Path,
      response: Type.Unknown(),
    });
    return [
      route(upload, async (ctx, { params, body, headers }) => {
        const size = tracking.declaredSize(headers['content-length']);
        const sent = { source: body, type: headers['content-type'], size };
        await tracking.putArtifact(ctx, params['*'], sent, guards);
        return {};
      }),
      route(download, async (ctx, { params, headers }) =>
        typed(await tracking.readArtifact(ctx, params['*'], headers['range'])),
      ),
      route(removal, async (ctx, { params }) => {
        await tracking.deleteArtifact(ctx, params['*'], guards);
        return {};
      }),
    ];
  });

const folder = message({ path: text });
const ofRun = message({ run_id: runId, path: text });

export const artifactRoutes = (guards: readonly tracking.ArtifactGuard[]): Route[] => [
  ...files(guards),
  ...call({
    method: 'GET',
    version: '2.0',
    path: PROXY,
    about: [{ kind: 'artifact', in: 'message', field: 'path' }],
    action: 'run:read',
    summary: 'List a folder of artifacts; paths are names within it',
    request: folder,
    async answer(ctx, { path = '' }) {
      const entries = await tracking.listArtifacts(ctx, path);
      return {
        files: entries.map((entry) => ({
          path: entry.path.slice(entry.path.lastIndexOf('/') + 1),
          is_dir: entry.folder,
          file_size: entry.size,
        })),
      };
    },
  }),
  ...call({
    method: 'GET',
    version: '2.0',
    path: '/mlflow/artifacts/list',
    about: [{ kind: 'run', in: 'message', field: 'run_id' }],
    action: 'run:read',
    summary: 'List a folder of a run’s artifacts',
    request: ofRun,
    older: { run_uuid: 'run_id' },
    async answer(ctx, { run_id, path = '' }) {
      const root = await tracking.runFolder(ctx, run_id, '');
      const entries = await tracking.listArtifacts(ctx, await tracking.runFolder(ctx, run_id, path));
      const { artifact_uri } = await tracking.getRun(ctx, run_id);
      return {
        root_uri: artifact_uri,
        files: entries.map((entry) => ({
          path: entry.path.slice(root.length + 1),
          is_dir: entry.folder,
          file_size: entry.size,
        })),
      };
    },
  }),
];
