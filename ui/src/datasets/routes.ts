import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { field, searchOf } from '../kit/url-state.ts';
import { root } from '../shell/root.ts';

const getParentRoute = () => root;

export const datasetRoutes = [
  createRoute({
    getParentRoute,
    path: '/datasets',
    validateSearch: searchOf({ q: field.text, sort: field.text }),
    component: lazyRouteComponent(() => import('./datasets-page.tsx')),
  }),
  createRoute({
    getParentRoute,
    path: '/datasets/$dataset',
    validateSearch: searchOf({ tab: field.choice('moves') }),
    component: lazyRouteComponent(() => import('./dataset-page.tsx')),
  }),
  createRoute({
    getParentRoute,
    path: '/datasets/$dataset/versions/$version',
    validateSearch: searchOf({
      tab: field.choice('files', 'rows', 'sql', 'used'),
      /** The file that is looked at. */
      path: field.text,
      /** First row of the preview. */
      at: field.number(0),
      /** What the file list is narrowed to. */
      q: field.text,
      sql: field.text,
    }),
    component: lazyRouteComponent(() => import('./version-page.tsx')),
  }),
  createRoute({
    getParentRoute,
    path: '/datasets/$dataset/diff',
    validateSearch: searchOf({
      from: field.text,
      to: field.text,
      show: field.choice('added', 'removed', 'modified', 'renamed'),
    }),
    component: lazyRouteComponent(() => import('./diff-page.tsx')),
  }),
  /** What the ledger calls a version by: leads to its page. */
  createRoute({
    getParentRoute,
    path: '/dataset-versions/$id',
    component: lazyRouteComponent(() => import('./by-id-page.tsx')),
  }),
];
