import { conflict, type TreadleError } from '../../platform/errors/index.ts';

/** Why work is given up for good, in words that may be kept; without them somebody goes on with it. */
export const cancelledBy = (): TreadleError => conflict('the execution was cancelled');
