import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { part } from '../api/part.ts';
import { field, searchOf } from '../kit/url-state.ts';
import { root } from '../shell/root.ts';
import { workSearch } from './work-search.ts';

export const experimentRoutes = [
  createRoute({
    getParentRoute: () => root,
    path: '/experiments',
    validateSearch: searchOf({ q: field.text, sort: field.text, state: field.choice('deleted', 'all') }),
    component: lazyRouteComponent(part(() => import('./experiments-page.tsx'))),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/experiments/$experiment',
    validateSearch: searchOf(workSearch),
    component: lazyRouteComponent(part(() => import('./experiment-page.tsx'))),
  }),
];
