import { Type } from 'typebox';
import type { DvcRemote } from '../../data/index.ts';
import { STATUS } from '../../platform/errors/index.ts';
import { endpoint } from '../../platform/http/contract.ts';
import { route, type About, type ErrorFace, type Route } from '../../platform/http/index.ts';

/** Floor 8. Datasets as DVC's HTTP remotes: one file an object, asked for, read and written. */

/** DVC's client shows the status and its reason, and reads no body: what was wrong stands in the reason. */
export const dvcErrors: ErrorFace = (error, requestId) => {
  if (!error)
    return said(500, `something went wrong inside Treadle; look for request ${requestId} in its log`);
  const { kind, message, hint } = error;
  return said(STATUS[kind], hint === undefined ? message : `${message} - ${hint}`);
};

const said = (status: number, text: string) => ({ status, body: { error: text }, reason: text });

const Remote = { remote: Type.String({ maxLength: 300, description: 'A dataset, or `DATASET@BRANCH`.' }) };
const Params = Type.Object({ ...Remote, start: Type.String(), rest: Type.String() });
const about: readonly About[] = [{ kind: 'dataset_ref', in: 'params', field: 'remote' }];

/** Where DVC 3 and DVC 2 keep their objects below a remote. */
const LAYOUTS = [
  { layout: 'md5', path: '/dvc/:remote/files/md5/:start/:rest' },
  { layout: 'md5-dos2unix', path: '/dvc/:remote/:start/:rest' },
] as const;

/** Before it fetches, a client looks at the folder of the objects: for whether anybody answers, and lets it in. */
const FOLDERS = ['/dvc/:remote', '/dvc/:remote/files/md5'];

/** Mount with `{ errors: dvcErrors }`. */
export const dvcRoutes = (remote: DvcRemote): Route[] => [
  ...FOLDERS.map((path) =>
    route(
      endpoint({
        method: 'GET',
        path,
        action: 'dataset:read',
        about,
        summary: 'Say that a dataset answers as a DVC remote',
        params: Type.Object(Remote),
        response: 'text',
      }),
      (_ctx, { params }) => Promise.resolve({ text: `${params.remote}: a DVC remote of Treadle\n` }),
    ),
  ),
  ...LAYOUTS.flatMap(({ layout, path }) => {
    const download = endpoint({
      method: 'GET',
      path,
      action: 'dataset:read',
      about,
      summary: 'Read an object of a DVC remote',
      params: Params,
      response: 'bytes',
    });
    const uploads = (['POST', 'PUT'] as const).map((method) =>
      endpoint({
        method,
        path,
        action: 'dataset:write',
        about,
        summary: 'Send an object to a DVC remote',
        params: Params,
        body: 'bytes',
        response: 'text',
      }),
    );
    const named = (params: { remote: string; start: string; rest: string }, address: string | undefined) => ({
      remote: params.remote,
      layout,
      oid: params.start + params.rest,
      address,
    });
    return [
      route(download, async (ctx, { params, headers, address }) =>
        remote.read(ctx, named(params, address), headers['range']),
      ),
      ...uploads.map((upload) =>
        route(upload, async (ctx, { params, body, address }) => {
          const done = await remote.receive(ctx, named(params, address), body);
          return { text: done ? `${done.version.dataset}@${done.version.name}\n` : 'kept\n' };
        }),
      ),
    ];
  }),
];
