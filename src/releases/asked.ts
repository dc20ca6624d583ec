import type { Wish } from '../pipelines/index.ts';

/** What is asked for of a version: a pipeline's wish, or one by hand. */
export type Asked = Omit<Wish, 'force'> & { force?: boolean };
