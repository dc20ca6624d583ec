import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { part } from '../api/part.ts';
import { field, searchOf } from '../kit/url-state.ts';
import { chartSearch } from '../runs/chart-search.ts';
import { root } from '../shell/root.ts';

export const compareRoutes = [
  createRoute({
    getParentRoute: () => root,
    path: '/compare',
    validateSearch: searchOf({
      ...chartSearch,
      runs: field.list,
      all: field.flag,
      tab: field.choice('charts', 'runs', 'params', 'metrics', 'scatter'),
      sx: field.text,
      sy: field.text,
    }),
    component: lazyRouteComponent(part(() => import('./compare-page.tsx'))),
  }),
];
