import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { part } from '../api/part.ts';
import { field, searchOf } from '../kit/url-state.ts';
import { root } from '../shell/root.ts';

const getParentRoute = () => root;

export const pipelineRoutes = [
  createRoute({
    getParentRoute,
    path: '/pipelines',
    validateSearch: searchOf({ q: field.text, sort: field.text }),
    component: lazyRouteComponent(part(() => import('./pipelines-page.tsx'))),
  }),
  createRoute({
    getParentRoute,
    path: '/pipelines/$pipeline',
    validateSearch: searchOf({
      state: field.choice('queued', 'running', 'succeeded', 'failed', 'rejected', 'cancelled'),
    }),
    component: lazyRouteComponent(part(() => import('./pipeline-page.tsx'))),
  }),
  createRoute({
    getParentRoute,
    path: '/executions/$execution',
    validateSearch: searchOf({
      /** The step that is looked at. */
      step: field.text,
      view: field.choice('why', 'log', 'io', 'usage'),
      tab: field.choice('file', 'about'),
      /** What is looked for in the log. */
      find: field.text,
    }),
    component: lazyRouteComponent(part(() => import('./execution-page.tsx'))),
  }),
  /** How people call an execution, and the command line links to it. */
  createRoute({
    getParentRoute,
    path: '/pipelines/$pipeline/executions/$number',
    component: lazyRouteComponent(part(() => import('./by-number-page.tsx'))),
  }),
];
