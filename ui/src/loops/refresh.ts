import { listLoops, listTurns } from '../../../src/loops/contract.ts';
import { queries } from '../api/queries.ts';

/** Events name loops and turns by their ids, pages by the loop's name: any of them is news. */
export const LOOP_SUBJECTS = ['loop:*'] as const;

/** After a change made here: what shows loops is read anew at once, without waiting for the event. */
export const refreshLoops = (): Promise<void> =>
  queries.invalidateQueries({
    predicate: ({ queryKey }) =>
      queryKey.some(
        (part) =>
          typeof part === 'string' && [listLoops, listTurns].some(({ path }) => part.startsWith(path)),
      ),
  });
