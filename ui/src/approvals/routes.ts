import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { part } from '../api/part.ts';
import { field, searchOf } from '../kit/url-state.ts';
import { root } from '../shell/root.ts';

const getParentRoute = () => root;

export const approvalRoutes = [
  createRoute({
    getParentRoute,
    path: '/requests',
    validateSearch: searchOf({ all: field.flag, model: field.text, sort: field.text }),
    component: lazyRouteComponent(part(() => import('./requests-page.tsx'))),
  }),
  createRoute({
    getParentRoute,
    path: '/requests/$request',
    component: lazyRouteComponent(part(() => import('./request-page.tsx'))),
  }),
  createRoute({
    getParentRoute,
    path: '/policies',
    component: lazyRouteComponent(part(() => import('./policies-page.tsx'))),
  }),
];
