import { random } from '../../random.ts';
import { del, get, patch, post, type Step } from './step.ts';

/** Every call with what it takes; each request spoils some of it. Ids are of the scripts before. */
const CALLS: ReadonlyArray<
  readonly [
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body: Readonly<Record<string, unknown>>,
  ]
> = [
  [
    'POST',
    'experiments/create',
    { name: '#', artifact_location: 's3://b/k', tags: [{ key: 'a', value: 'b' }] },
  ],
  ['GET', 'experiments/get', { experiment_id: '$sexp' }],
  ['GET', 'experiments/get-by-name', { experiment_name: 'search' }],
  ['POST', 'experiments/set-experiment-tag', { experiment_id: '$rexp', key: 'm', value: 'v' }],
  ['POST', 'experiments/delete-experiment-tag', { experiment_id: '$rexp', key: 'm' }],
  [
    'POST',
    'experiments/search',
    { max_results: 1, filter: "name = 'search'", order_by: ['name'], view_type: 'ALL' },
  ],
  ['GET', 'runs/get', { run_id: '$s1' }],
  ['POST', 'runs/update', { run_id: '$s4', status: 'RUNNING', run_name: 'run-4' }],
  ['POST', 'runs/set-tag', { run_id: '$s1', key: 'matrix', value: 'v' }],
  ['POST', 'runs/log-parameter', { run_id: '$s1', key: 'matrix', value: '1' }],
  ['POST', 'runs/log-metric', { run_id: '$s1', key: 'matrix', value: 1, timestamp: 7, step: 1 }],
  [
    'POST',
    'runs/log-batch',
    {
      run_id: '$s1',
      metrics: [{ key: 'matrix', value: 1, timestamp: 7, step: 1 }],
      params: [{ key: 'matrix', value: '1' }],
      tags: [{ key: 'matrix', value: 'v' }],
    },
  ],
  [
    'POST',
    'runs/search',
    {
      experiment_ids: ['$sexp'],
      filter: "run_name = 'run-1'",
      order_by: ['start_time'],
      max_results: 2,
      run_view_type: 'ALL',
    },
  ],
  ['GET', 'metrics/get-history', { run_id: '$s1', metric_key: 'acc', max_results: 10 }],
  [
    'GET',
    'metrics/get-history-bulk-interval',
    { run_ids: '$s1', metric_key: 'acc', max_results: 10, start_step: 0, end_step: 9 },
  ],
  ['GET', 'artifacts/list', { run_id: '$s1', path: 'nothing' }],
  ['POST', 'logged-models/search', { experiment_ids: ['$lsexp'], filter: "name = 's-1'", max_results: 5 }],
  ['POST', 'registered-models/create', { name: '#', description: 'd', tags: [{ key: 'a', value: 'b' }] }],
  ['GET', 'registered-models/get', { name: 'gamma' }],
  ['PATCH', 'registered-models/update', { name: 'gamma', description: 'd' }],
  ['GET', 'registered-models/search', { filter: "name = 'gamma'", max_results: 5, order_by: 'name' }],
  ['POST', 'registered-models/set-tag', { name: 'gamma', key: 'k', value: 'v' }],
  [
    'POST',
    'model-versions/create',
    { name: 'gamma', source: 's3://b/k', description: 'd', tags: [{ key: 'a', value: 'b' }] },
  ],
  ['GET', 'model-versions/get', { name: 'gamma', version: '1' }],
  ['GET', 'model-versions/search', { filter: "name = 'nobody'", max_results: 5, order_by: 'name' }],
  ['POST', 'model-versions/set-tag', { name: 'gamma', version: '1', key: 'k', value: 'v' }],
  ['DELETE', 'registered-models/alias', { name: 'gamma', alias: 'a' }],
];
const make = { GET: get, POST: post, PATCH: patch, DELETE: del } as const;

/** What stands in place of a value: `undefined` leaves the field out. */
const WRONG: readonly unknown[] = [
  undefined, null, '', ' ', 'x', 'ü', 'a/b', '../x', "it's", 'null', '0', '-1', 0, -1, 1.5, 1e300, true, false,
  [], {}, ['x'], [1], { a: 1 }, 'x'.repeat(251), 'x'.repeat(9000), '999999', '$s1', 'NaN', 'ACTIVE_ONLY',
]; // prettier-ignore

/** `count` requests, always the same ones for one count. */
export function matrix(count: number): Step[] {
  const { pick, integer, uniform } = random(7);
  return Array.from({ length: count }, (_, i) => {
    const [method, path, whole] = pick(CALLS);
    const body: Record<string, unknown> = { ...whole };
    for (const [key, value] of Object.entries(body)) if (value === '#') body[key] = `matrix-${i}`;
    const wrong = uniform() < 0.85 ? 1 : integer(3);
    for (let n = 0; n < wrong; n++) {
      const key = pick(Object.keys(whole));
      const value = pick(WRONG);
      if (value === undefined) delete body[key];
      else body[key] = value;
    }
    if (method === 'GET')
      for (const [key, value] of Object.entries(body))
        if (typeof value === 'object') body[key] = JSON.stringify(value);
    return make[method](path, body);
  });
}
