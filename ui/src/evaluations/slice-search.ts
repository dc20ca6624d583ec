import { field, type SearchOf } from '../kit/url-state.ts';
import type { SliceView } from './slices.tsx';

/** How slices are looked at, as it stands in an address: which column, only the worse ones, in which order. */
export const sliceFields = {
  slice: field.text,
  metric: field.text,
  worse: field.flag,
  sort: field.text,
  down: field.flag,
};
type SliceSearch = SearchOf<typeof sliceFields>;

export function sliceView({ slice, metric, worse, sort, down }: SliceSearch): SliceView {
  return {
    column: slice,
    metric,
    worse: worse === true,
    sort: sort === undefined ? undefined : { by: sort, down: down === true },
  };
}

export function sliceSearch({ column, metric, worse, sort }: SliceView): SliceSearch {
  return {
    slice: column,
    metric,
    worse: worse || undefined,
    sort: sort?.by,
    down: sort?.down === true ? true : undefined,
  };
}
