import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { field, searchOf } from '../kit/url-state.ts';
import { root } from '../shell/root.ts';

const getParentRoute = () => root;

export const pipelineRoutes = [
  createRoute({
    getParentRoute,
    path: '/pipelines',
    validateSearch: searchOf({ q: field.text }),
    component: lazyRouteComponent(() => import('./pipelines-page.tsx')),
  }),
  createRoute({
    getParentRoute,
    path: '/pipelines/$pipeline',
    validateSearch: searchOf({
      state: field.choice('queued', 'running', 'succeeded', 'failed', 'rejected', 'cancelled'),
    }),
    component: lazyRouteComponent(() => import('./pipeline-page.tsx')),
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
    component: lazyRouteComponent(() => import('./execution-page.tsx')),
  }),
  /** How people call an execution, and the command line links to it. */
  createRoute({
    getParentRoute,
    path: '/pipelines/$pipeline/executions/$number',
    component: lazyRouteComponent(() => import('./by-number-page.tsx')),
  }),
];
