import { mlflowCalls } from '../../test/mlflow-calls.ts';
import { ask, type Answer } from './ask.ts';
import { json, many, type Stalls } from './stalls.ts';

interface Described {
  paths: Record<string, Record<string, { requestBody?: { content: Record<string, unknown> } }>>;
}

/** The first that a fresh server is asked: its schemas are compiled, its statements prepared, its modules loaded. */
export async function firstRows({ url, measure, get }: Stalls): Promise<void> {
  const document = await measure('GET /openapi.json', 'the first request', () => get('/openapi.json'));
  const { paths } = JSON.parse(document.text) as Described;
  const routes = Object.entries(paths).flatMap(([route, methods]) =>
    Object.entries(methods).flatMap(([method, { requestBody }]) =>
      route.startsWith('/api/v1/') && !/events|live|verif|gc$/.test(route)
        ? [
            {
              method: method.toUpperCase(),
              route: route.replaceAll(/\{\w+\}/g, '0'),
              bodied: requestBody !== undefined,
            },
          ]
        : [],
    ),
  );
  const calls = mlflowCalls().map(({ method, path }) => ({
    method,
    route: path.replaceAll(/:\w+|\*/g, '0'),
    bodied: method !== 'GET',
  }));
  const shoot = (all: typeof routes) => (): Promise<Answer[]> =>
    many(all.length, (i) => {
      const { method, route, bodied } = all[i]!;
      return ask(url, method, route, bodied ? json({ name: 'first' }) : undefined);
    });
  await measure(
    'the native API',
    `every one of ${routes.length} endpoints once, 16 at a time`,
    shoot(routes),
  );
  await measure('MLflow', `every one of ${calls.length} calls once, 16 at a time`, shoot(calls));
  await measure('GET /docs', 'the first request', () => get('/docs'));
}
