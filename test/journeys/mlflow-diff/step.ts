/** One request to both servers. Words such as `$run` in path, body and header stand for what an earlier answer of that server held. */
export interface Step {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  /** Name → where it stands in the answer: `run.info.run_id`. */
  keep?: Readonly<Record<string, string>>;
}

type Keep = Step['keep'];
const at = (path: string): string => (path.startsWith('/') ? path : `/api/2.0/mlflow/${path}`);

export const post = (path: string, body: unknown, keep?: Keep): Step => ({
  method: 'POST',
  path: at(path),
  body,
  ...(keep === undefined ? {} : { keep }),
});
export const patch = (path: string, body: unknown): Step => ({ method: 'PATCH', path: at(path), body });
export const del = (path: string, body?: unknown): Step => ({ method: 'DELETE', path: at(path), body });
export const put = (path: string, body: unknown, headers?: Step['headers']): Step => ({
  method: 'PUT',
  path: at(path),
  body,
  ...(headers === undefined ? {} : { headers }),
});

/** A list becomes the same name several times. */
export function get(path: string, query: Readonly<Record<string, unknown>> = {}, keep?: Keep): Step {
  const words = new URLSearchParams();
  for (const [key, value] of Object.entries(query))
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) words.append(key, String(one));
  const text = words.toString().replaceAll('%24', '$');
  return {
    method: 'GET',
    path: at(path) + (text === '' ? '' : `?${text}`),
    ...(keep === undefined ? {} : { keep }),
  };
}

export const labelOf = ({ method, path, body }: Step): string =>
  `${method} ${path}${body === undefined ? '' : ` ${typeof body === 'string' ? body : JSON.stringify(body)}`}`.slice(
    0,
    400,
  );
