import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { sliceFields } from '../evaluations/slice-search.ts';
import { field, searchOf } from '../kit/url-state.ts';
import { root } from '../shell/root.ts';

const getParentRoute = () => root;

export const modelRoutes = [
  createRoute({
    getParentRoute,
    path: '/models',
    validateSearch: searchOf({ q: field.text, sort: field.choice('updated') }),
    component: lazyRouteComponent(() => import('./models-page.tsx')),
  }),
  createRoute({
    getParentRoute,
    path: '/models/$model',
    validateSearch: searchOf({ sel: field.list }),
    component: lazyRouteComponent(() => import('./model-page.tsx')),
  }),
  createRoute({
    getParentRoute,
    path: '/models/$model/versions/$version',
    validateSearch: searchOf({
      tab: field.choice('signature', 'evaluations', 'files', 'lineage'),
      ...sliceFields,
    }),
    component: lazyRouteComponent(() => import('./version-page.tsx')),
  }),
  createRoute({
    getParentRoute,
    path: '/models/$model/compare',
    validateSearch: searchOf({ a: field.text, b: field.text, all: field.flag }),
    component: lazyRouteComponent(() => import('./compare-page.tsx')),
  }),
];
