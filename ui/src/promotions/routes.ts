import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { part } from '../api/part.ts';
import { field, searchOf } from '../kit/url-state.ts';
import { root } from '../shell/root.ts';

export const environmentRoutes = [
  createRoute({
    getParentRoute: () => root,
    path: '/environments',
    validateSearch: searchOf({ model: field.text }),
    component: lazyRouteComponent(part(() => import('./environments-page.tsx'))),
  }),
];
