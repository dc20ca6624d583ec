import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { part } from '../api/part.ts';
import { field, searchOf } from '../kit/url-state.ts';
import { root } from '../shell/root.ts';
import { sliceFields } from './slice-search.ts';

const getParentRoute = () => root;

export const evaluationRoutes = [
  createRoute({
    getParentRoute,
    path: '/evaluations',
    validateSearch: searchOf({
      model: field.text,
      verdict: field.choice('pass', 'fail', 'inconclusive'),
    }),
    component: lazyRouteComponent(part(() => import('./evaluations-page.tsx'))),
  }),
  createRoute({
    getParentRoute,
    path: '/evaluations/$evaluation',
    validateSearch: searchOf(sliceFields),
    component: lazyRouteComponent(part(() => import('./evaluation-page.tsx'))),
  }),
];
