import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { part } from '../api/part.ts';
import { root } from '../shell/root.ts';

const getParentRoute = () => root;

export const predictionRoutes = [
  createRoute({
    getParentRoute,
    path: '/predictions',
    component: lazyRouteComponent(part(() => import('./predictions-page.tsx'))),
  }),
  createRoute({
    getParentRoute,
    path: '/predictions/$prediction',
    component: lazyRouteComponent(part(() => import('./prediction-page.tsx'))),
  }),
];
