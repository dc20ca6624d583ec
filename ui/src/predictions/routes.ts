import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { root } from '../shell/root.ts';

const getParentRoute = () => root;

export const predictionRoutes = [
  createRoute({
    getParentRoute,
    path: '/predictions',
    component: lazyRouteComponent(() => import('./predictions-page.tsx')),
  }),
  createRoute({
    getParentRoute,
    path: '/predictions/$prediction',
    component: lazyRouteComponent(() => import('./prediction-page.tsx')),
  }),
];
