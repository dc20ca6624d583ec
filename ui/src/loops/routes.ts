import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { part } from '../api/part.ts';
import { field, searchOf } from '../kit/url-state.ts';
import { root } from '../shell/root.ts';
import { TURN_STATES } from '../../../src/loops/contract.ts';
import { LOOP_STATES } from './turn-words.ts';

const getParentRoute = () => root;

export const loopRoutes = [
  createRoute({
    getParentRoute,
    path: '/loops',
    validateSearch: searchOf({
      name: field.text,
      state: field.choice(...LOOP_STATES),
      sort: field.text,
    }),
    component: lazyRouteComponent(part(() => import('./loops-page.tsx'))),
  }),
  createRoute({
    getParentRoute,
    path: '/loops/$loop',
    validateSearch: searchOf({
      state: field.choice(...TURN_STATES),
      turn: field.text,
      replay: field.number(1, 1000),
    }),
    component: lazyRouteComponent(part(() => import('./loop-page.tsx'))),
  }),
];
