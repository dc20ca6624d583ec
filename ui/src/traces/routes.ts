import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { part } from '../api/part.ts';
import { field, searchOf } from '../kit/url-state.ts';
import { root } from '../shell/root.ts';

export const traceRoutes = [
  createRoute({
    getParentRoute: () => root,
    path: '/experiments/$experiment/traces',
    validateSearch: searchOf({
      filter: field.text,
      /** A column's id; a minus before it turns the order. */
      sort: field.text,
      status: field.choice('OK', 'ERROR', 'IN_PROGRESS'),
    }),
    component: lazyRouteComponent(part(() => import('./traces-page.tsx'))),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/traces/$trace',
    validateSearch: searchOf({
      /** The span that is looked at. */
      span: field.text,
    }),
    component: lazyRouteComponent(part(() => import('./trace-page.tsx'))),
  }),
];
