import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { part } from '../api/part.ts';
import { field, searchOf } from '../kit/url-state.ts';
import { root } from '../shell/root.ts';

export const settingsRoutes = [
  createRoute({
    getParentRoute: () => root,
    path: '/settings',
    validateSearch: searchOf({
      all: field.flag,
      grants: field.text,
      kind: field.choice('dataset', 'model', 'endpoint', 'environment', 'experiment'),
      newest: field.flag,
    }),
    component: lazyRouteComponent(part(() => import('./settings-page.tsx'))),
  }),
];
