import { listEndpoints } from '../../../src/serving/contract.ts';
import { queries } from '../api/queries.ts';

/** After a change made here: what shows endpoints is read anew at once, without waiting for the event. */
export function refreshEndpoints(): Promise<void> {
  return queries.invalidateQueries({
    predicate: ({ queryKey }) =>
      queryKey.some((part) => typeof part === 'string' && part.startsWith(listEndpoints.path)),
  });
}

/** Events name endpoints and revisions by their ids, pages by the endpoint's name: any of them is news. */
export const SERVING_SUBJECTS = ['endpoint:*', 'revision:*'] as const;
