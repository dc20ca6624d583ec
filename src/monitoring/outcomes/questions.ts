import { question, type View } from '../../tables/index.ts';

/** Says a column of texts of a view on its way, in parts of JSON arrays, rows in any order. */
export const TEXTS = question<{ views: readonly View[]; query: string }, { rows: number }>('outcome-ids');
