import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { part } from '../api/part.ts';
import { field, searchOf } from '../kit/url-state.ts';
import { root } from '../shell/root.ts';

const getParentRoute = () => root;

export const endpointRoutes = [
  createRoute({
    getParentRoute,
    path: '/endpoints',
    validateSearch: searchOf({ q: field.text, sort: field.text }),
    component: lazyRouteComponent(part(() => import('./endpoints-page.tsx'))),
  }),
  createRoute({
    getParentRoute,
    path: '/endpoints/by-id/$id',
    component: lazyRouteComponent(part(() => import('./by-id-page.tsx'))),
  }),
  createRoute({
    getParentRoute,
    path: '/endpoints/$endpoint',
    validateSearch: searchOf({
      tab: field.choice('live', 'past', 'try', 'revisions', 'monitoring', 'records', 'shadow'),
      /** How far back the past is drawn. */
      span: field.choice('hour', 'quarter', 'day', 'week'),
      /** Which latency is drawn. */
      latency: field.choice('p50', 'p95', 'p99'),
      /** Of revisions. */
      state: field.choice('preparing', 'live', 'superseded', 'failed'),
      /** How the question is put: as a form, or as JSON. */
      form: field.choice('fields', 'json'),
      snippet: field.choice('curl', 'python', 'triton', 'mlflow'),
    }),
    component: lazyRouteComponent(part(() => import('./endpoint-page.tsx'))),
  }),
];
