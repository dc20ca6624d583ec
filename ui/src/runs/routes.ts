import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { part } from '../api/part.ts';
import { chartSearch } from './chart-search.ts';
import { field, searchOf } from '../kit/url-state.ts';
import { root } from '../shell/root.ts';

export const runRoutes = [
  createRoute({
    getParentRoute: () => root,
    path: '/runs/$run',
    validateSearch: searchOf({
      ...chartSearch,
      tab: field.choice('metrics', 'artifacts', 'lineage', 'resources', 'environment'),
      /** The artifact that is looked at. */
      path: field.text,
    }),
    component: lazyRouteComponent(part(() => import('./run-page.tsx'))),
  }),
];
