import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { part } from '../api/part.ts';
import { field, searchOf } from '../kit/url-state.ts';
import { root } from '../shell/root.ts';

const getParentRoute = () => root;

export const ledgerRoutes = [
  createRoute({
    getParentRoute,
    path: '/ledger',
    validateSearch: searchOf({
      action: field.text,
      resource: field.text,
      actor: field.text,
      since: field.number(0),
      until: field.number(0),
    }),
    component: lazyRouteComponent(part(() => import('./ledger-page.tsx'))),
  }),
  createRoute({
    getParentRoute,
    path: '/ledger/$seq',
    component: lazyRouteComponent(part(() => import('./entry-page.tsx'))),
  }),
  createRoute({
    getParentRoute,
    path: '/lineage/$node',
    validateSearch: searchOf({
      show: field.choice('up', 'down'),
      depth: field.number(1, 50),
      files: field.flag,
    }),
    component: lazyRouteComponent(part(() => import('./lineage-page.tsx'))),
  }),
];
