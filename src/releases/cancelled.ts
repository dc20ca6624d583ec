import { conflict, type TreadleError } from '../platform/errors/index.ts';

/** Why work is given up for good, in words that the rooms below may keep; without them somebody goes on with it. */
export const cancelled = (): TreadleError => conflict('the release was cancelled');
