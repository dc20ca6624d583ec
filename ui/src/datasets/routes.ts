import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { part } from '../api/part.ts';
import { field, searchOf } from '../kit/url-state.ts';
import { root } from '../shell/root.ts';

const getParentRoute = () => root;

export const datasetRoutes = [
  createRoute({
    getParentRoute,
    path: '/datasets',
    validateSearch: searchOf({ q: field.text, sort: field.text }),
    component: lazyRouteComponent(part(() => import('./datasets-page.tsx'))),
  }),
  createRoute({
    getParentRoute,
    path: '/datasets/$dataset',
    validateSearch: searchOf({ tab: field.choice('moves', 'proposals'), sel: field.list }),
    component: lazyRouteComponent(part(() => import('./dataset-page.tsx'))),
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
      /** Folders that are open in the file tree. */
      open: field.list,
      /** What the file list is narrowed to. */
      q: field.text,
      sql: field.text,
    }),
    component: lazyRouteComponent(part(() => import('./version-page.tsx'))),
  }),
  createRoute({
    getParentRoute,
    path: '/datasets/$dataset/diff',
    validateSearch: searchOf({
      from: field.text,
      to: field.text,
      show: field.choice('added', 'removed', 'modified', 'renamed'),
    }),
    component: lazyRouteComponent(part(() => import('./diff-page.tsx'))),
  }),
  createRoute({
    getParentRoute,
    path: '/datasets/$dataset/proposals/$number',
    component: lazyRouteComponent(part(() => import('./proposal-page.tsx'))),
  }),
  /** What the ledger calls a dataset or version by: leads to its page. */
  createRoute({
    getParentRoute,
    path: '/data/$id',
    component: lazyRouteComponent(part(() => import('./by-id-page.tsx'))),
  }),
];
