import { Type } from 'typebox';
import type { Ctx } from '../../platform/ctx/index.ts';
import { invalid } from '../../platform/errors/index.ts';
import { endpoint, type About, type Action } from '../../platform/http/contract.ts';
import { route, type Download, type Route } from '../../platform/http/index.ts';
import * as models from '../../models/index.ts';
import * as tracking from '../../tracking/index.ts';
import { call } from './call.ts';
import { fileType } from './file-type.ts';
import { message, need, text, type Reader } from './message.ts';
import { runId } from './wire.ts';

/** The addresses by which MLflow's pages and its R client fetch and send single files. */

const Anything = Type.Object({}, { additionalProperties: true });
const MOST_UPLOADED = 10 * 1024 * 1024;

interface Sent<T> {
  /** Without `/api` or `/ajax-api` before it. */
  paths: readonly string[];
  about: readonly About[];
  action: Action;
  summary: string;
  request: Reader<T>;
  answer(ctx: Ctx, request: T, range: string | undefined): Promise<Download>;
}

/** A download whose type is that of its name, as MLflow says it. */
const download = <T>({ paths, about, action, summary, request, answer }: Sent<T>): Route[] =>
  paths.map((path) => {
    const asked = endpoint({
      method: 'GET',
      path,
      action,
      about,
      summary,
      params: Anything,
      query: Anything,
      response: 'bytes',
    });
    const read = ({ params, query }: { params: unknown; query: unknown }): T => {
      const fields: Record<string, unknown> = { ...(query as object), ...(params as object) };
      fields['run_id'] ??= fields['run_uuid'];
      return request(fields, '');
    };
    const made = route(asked, async (ctx, input) =>
      typed(await answer(ctx, read(input), input.headers['range'])),
    );
    return { ...made, message: read };
  });

/** The type that MLflow's server would say. */
export const typed = (file: Download): Download => ({
  ...file,
  type: file.filename === undefined ? 'application/octet-stream' : fileType(file.filename),
});

const ofRun = message({ run_id: runId, path: need(text) });
const ofVersion = message({ name: need(text), version: need(text), path: need(text) });
const ofModel = message({ model_id: need(text), artifact_file_path: need(text) });

const upload = (guards: readonly tracking.ArtifactGuard[]): Route[] =>
  ['api', 'ajax-api'].map((twin) => {
    const sent = message({ run_uuid: need(text), path: need(text) });
    const asked = endpoint({
      method: 'POST',
      path: `/${twin}/2.0/mlflow/upload-artifact`,
      action: 'run:write',
      about: [{ kind: 'run', in: 'query', field: 'run_uuid' }],
      summary: 'Upload a small artifact of a run',
      query: Anything,
      body: 'bytes',
      maxBody: MOST_UPLOADED,
      response: Type.Unknown(),
    });
    return route(asked, async (ctx, { query, body, headers }) => {
      const { run_uuid, path } = sent(query, '');
      const size = tracking.declaredSize(headers['content-length']);
      if (size === 0 || (size === undefined && headers['transfer-encoding'] === undefined))
        throw invalid('Request must specify data.', { field: 'body' });
      const at = await tracking.runArtifact(ctx, run_uuid, path, true);
      await tracking.putArtifact(ctx, at, { source: body, type: headers['content-type'], size }, guards);
      return {};
    });
  });

/** Clients that ask for a place of their own in the store hear that bytes come through this server, and send them so. */
const proxied = (what: string) =>
  invalid(
    `Presigned ${what} is not supported for proxied artifact storage (artifact URI scheme: mlflow-artifacts). This endpoint requires a direct cloud storage artifact URI.`,
    { field: 'path', hint: 'send and fetch files through /api/2.0/mlflow-artifacts/artifacts' },
  );
const unsupported = (what: string) =>
  invalid(`Multipart ${what} is not supported for the current artifact repository`, {
    code: 'not-implemented',
  });
const nothing = message({});

export const fileRoutes = (guards: readonly tracking.ArtifactGuard[]): Route[] => [
  ...download({
    paths: ['/get-artifact'],
    about: [{ kind: 'run', in: 'message', field: 'run_id' }],
    action: 'run:read',
    summary: 'Download an artifact of a run',
    request: ofRun,
    answer: async (ctx, { run_id, path }, range) =>
      tracking.readArtifact(ctx, await tracking.runArtifact(ctx, run_id, path, false), range),
  }),
  ...download({
    paths: ['/model-versions/get-artifact'],
    about: [{ kind: 'model', in: 'message', field: 'name' }],
    action: 'model:read',
    summary: 'Download a file of a model version',
    request: ofVersion,
    answer(ctx, { name, version, path }, range) {
      models.versionNumber(version);
      return models.openVersionFile(ctx, name, version, path, range);
    },
  }),
  ...download({
    paths: ['api', 'ajax-api'].map((twin) => `/${twin}/2.0/mlflow/logged-models/:model_id/artifacts/files`),
    about: [{ kind: 'logged_model', in: 'message', field: 'model_id' }],
    action: 'model:read',
    summary: 'Download a file of a logged model',
    request: ofModel,
    answer: (ctx, { model_id, artifact_file_path: path }, range) =>
      models.openLoggedModelFile(ctx, model_id, path, range),
  }),
  ...upload(guards),
  ...(['upload', 'download'] as const).flatMap((what) =>
    call({
      method: 'POST',
      version: '2.0',
      path: `/mlflow/artifacts/presigned-${what}-url`,
      action: what === 'upload' ? 'run:write' : 'run:read',
      summary: `Decline a presigned ${what}`,
      request: nothing,
      answer: () => Promise.reject(proxied(what)),
    }),
  ),
  // Parts of one file are not taken: this very status sends the client back to one streamed PUT.
  ...(['create', 'complete', 'abort'] as const).flatMap((step) =>
    call({
      method: 'POST',
      version: '2.0',
      path: `/mlflow-artifacts/mpu/${step}/*`,
      action: 'run:write',
      summary: 'Decline an upload in parts',
      request: nothing,
      answer: () => Promise.reject(unsupported('upload')),
    }),
  ),
  ...call({
    method: 'GET',
    version: '2.0',
    path: '/mlflow-artifacts/presigned/*',
    action: 'run:read',
    summary: 'Decline a presigned download',
    request: nothing,
    answer: () => Promise.reject(unsupported('download')),
  }),
];
