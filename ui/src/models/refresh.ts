import { listModels } from '../../../src/models/contract.ts';
import { queries } from '../api/queries.ts';

/** After a change made here: the model's own pages are read anew at once, without waiting for the event. */
export function refreshModel(model: string): Promise<void> {
  return queries.invalidateQueries({
    predicate: ({ queryKey: [, path, params] }) =>
      typeof path === 'string' &&
      path.startsWith(listModels.path) &&
      (path === listModels.path ||
        (typeof params === 'object' && params !== null && 'model' in params && params.model === model)),
  });
}
