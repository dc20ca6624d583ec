import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { part } from '../api/part.ts';
import { field, searchOf } from '../kit/url-state.ts';
import { root } from '../shell/root.ts';

export const gitHostRoutes = [
  createRoute({
    getParentRoute: () => root,
    path: '/git-hosts',
    validateSearch: searchOf({
      host: field.text,
      branch: field.text,
      show: field.choice('pass', 'fail', 'undecided', 'failed', 'running', 'waiting'),
      sort: field.text,
    }),
    component: lazyRouteComponent(part(() => import('./git-hosts-page.tsx'))),
  }),
];
