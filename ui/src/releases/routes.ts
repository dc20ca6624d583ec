import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { part } from '../api/part.ts';
import { field, searchOf } from '../kit/url-state.ts';
import { root } from '../shell/root.ts';
import { RELEASE_STATES } from '../../../src/releases/contract.ts';

const getParentRoute = () => root;

export const releaseRoutes = [
  createRoute({
    getParentRoute,
    path: '/releases',
    validateSearch: searchOf({
      model: field.text,
      endpoint: field.text,
      execution: field.text,
      state: field.choice(...RELEASE_STATES),
      sort: field.text,
    }),
    component: lazyRouteComponent(part(() => import('./releases-page.tsx'))),
  }),
  createRoute({
    getParentRoute,
    path: '/releases/$release',
    component: lazyRouteComponent(part(() => import('./release-page.tsx'))),
  }),
];
