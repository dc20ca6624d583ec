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
const unknown = (known: readonly Route[]) =>
  ['api', 'ajax-api'].flatMap((twin) =>
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
          (_ctx, { params, dress }) => {
            const path = `/${twin}/${number}/${params['*']}`;
            const others = methodsOf(known, path);
            if (others.length === 0)
              return Promise.reject(
                missing(`there is no ${method} ${path} here`, { code: 'endpoint-not-found' }),
              );
            dress({ allow: others.join(', ') });
            return Promise.reject(
              missing(`${path} does not take ${method}`, {
                code: 'method-not-allowed',
                hint: `it takes ${others.join(', ')}`,
              }),
            );
          },
        ),
      ),
    ),
  );

/** Under which methods the calls have this address. */
function methodsOf(known: readonly Route[], path: string): Method[] {
  const parts = path.split('/');
  const fits = (pattern: string): boolean => {
    const wanted = pattern.split('/');
    const open = wanted.at(-1) === '*';
    if (open ? parts.length < wanted.length : parts.length !== wanted.length) return false;
    return wanted.every((part, i) => part === '*' || part.startsWith(':') || part === parts[i]);
  };
  return [
    ...new Set(known.filter(({ endpoint: one }) => fits(one.path)).map(({ endpoint: one }) => one.method)),
  ];
}

/** `known`: all calls, so that an address under another method is told from one that there is not. */
export const serverRoutes = (known: readonly Route[]): Route[] => [
  route(version, () => Promise.resolve({ text: PROTOCOL_VERSION })),
  ...info,
  ...unknown(known),
];
