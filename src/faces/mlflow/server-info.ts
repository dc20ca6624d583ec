import { Type } from 'typebox';
import { endpoint, type Method } from '../../platform/http/contract.ts';
import { missing } from '../../platform/errors/index.ts';
import { route, type Route } from '../../platform/http/index.ts';

/** The version of MLflow whose protocol is spoken. Clients send spans by OTLP to servers of 3.4 and later. */
const PROTOCOL_VERSION = '3.17.2';

const version = endpoint({
  method: 'GET',
  path: '/version',
  action: 'public',
  summary: 'Say which MLflow protocol is spoken',
  response: 'text',
});

const INFO = {
  store_type: 'SqlStore',
  // Without this a client that is told a workspace (MLFLOW_WORKSPACE) refuses to ask at all.
  workspaces_enabled: true,
  trace_archival_enabled: false,
  multipart_uploads_enabled: false,
  multipart_downloads_enabled: false,
  presigned_upload_run_id_supported: false,
  presigned_upload_model_id_supported: false,
  features_enabled: { gateway: false },
};

const info = ['api', 'ajax-api'].map((twin) =>
  route(
    endpoint({
      method: 'GET',
      path: `/${twin}/3.0/mlflow/server-info`,
      action: 'public',
      summary: 'Say what this server can do',
      response: Type.Unknown(),
    }),
    () => Promise.resolve(INFO),
  ),
);

/** What is not there answers as MLflow's clients expect: some then try an older address. */
const METHODS: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const unknown = ['api', 'ajax-api'].flatMap((twin) =>
  ['2.0', '3.0'].flatMap((number) =>
    METHODS.map((method) =>
      route(
        endpoint({
          method,
          path: `/${twin}/${number}/*`,
          action: 'public',
          summary: 'Say that there is no such call',
          params: Type.Object({ '*': Type.String() }),
          query: Type.Object({}, { additionalProperties: true }),
          response: Type.Unknown(),
        }),
        (_ctx, { params }) =>
          Promise.reject(
            missing(`there is no ${method} /${twin}/${number}/${params['*']} here`, {
              code: 'endpoint-not-found',
            }),
          ),
      ),
    ),
  ),
);

export const serverRoutes: Route[] = [
  route(version, () => Promise.resolve({ text: PROTOCOL_VERSION })),
  ...info,
  ...unknown,
];
