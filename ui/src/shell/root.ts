import { createRootRoute } from '@tanstack/react-router';
import { NotFound } from './not-found.tsx';
import { Shell } from './shell.tsx';

/** Every page hangs below this; a room's `routes.ts` makes its routes with it as their parent. */
export const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });
