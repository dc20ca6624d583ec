import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { part } from '../api/part.ts';
import { root } from '../shell/root.ts';

export const homeRoutes = [
  createRoute({
    getParentRoute: () => root,
    path: '/',
    component: lazyRouteComponent(part(() => import('./home-page.tsx'))),
  }),
];
