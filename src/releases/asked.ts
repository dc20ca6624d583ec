import type { Wish } from '../pipelines/index.ts';

/** What is asked for of a version: a pipeline's wish, or one by hand. */
export type Asked = Omit<Wish, 'force'> & {
  force?: boolean;
  /** What shall answer at the endpoint until it deploys, where that was said: then it holds also for a version that answers already. */
  expects?: number;
};
