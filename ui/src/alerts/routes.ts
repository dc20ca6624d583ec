import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { part } from '../api/part.ts';
import { field, searchOf } from '../kit/url-state.ts';
import { root } from '../shell/root.ts';
import { ALERT_CAUSES, ALERT_STATES } from '../../../src/monitoring/contract.ts';

const getParentRoute = () => root;

export const alertRoutes = [
  createRoute({
    getParentRoute,
    path: '/alerts',
    validateSearch: searchOf({
      endpoint: field.text,
      state: field.choice(...ALERT_STATES),
      cause: field.choice(...ALERT_CAUSES),
      severity: field.choice('page', 'ticket'),
      /** Also those that are resolved. */
      all: field.flag,
      sort: field.text,
    }),
    component: lazyRouteComponent(part(() => import('./alerts-page.tsx'))),
  }),
  createRoute({
    getParentRoute,
    path: '/alerts/$alert',
    component: lazyRouteComponent(part(() => import('./alert-page.tsx'))),
  }),
];
