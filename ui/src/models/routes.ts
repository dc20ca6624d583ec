import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { part } from '../api/part.ts';
import { sliceFields } from '../evaluations/slice-search.ts';
import { field, searchOf } from '../kit/url-state.ts';
import { root } from '../shell/root.ts';

const getParentRoute = () => root;

export const modelRoutes = [
  createRoute({
    getParentRoute,
    path: '/models',
    validateSearch: searchOf({ q: field.text, sort: field.choice('updated') }),
    component: lazyRouteComponent(part(() => import('./models-page.tsx'))),
  }),
  createRoute({
    getParentRoute,
    path: '/models/$model',
    validateSearch: searchOf({ sel: field.list }),
    component: lazyRouteComponent(part(() => import('./model-page.tsx'))),
  }),
  createRoute({
    getParentRoute,
    path: '/models/$model/versions/$version',
    validateSearch: searchOf({
      tab: field.choice('signature', 'evaluations', 'files', 'lineage'),
      ...sliceFields,
    }),
    component: lazyRouteComponent(part(() => import('./version-page.tsx'))),
  }),
  createRoute({
    getParentRoute,
    path: '/models/$model/compare',
    validateSearch: searchOf({ a: field.text, b: field.text, all: field.flag }),
    component: lazyRouteComponent(part(() => import('./compare-page.tsx'))),
  }),
];
