import { field, type SearchOf } from '../kit/url-state.ts';
import type { SliceView } from './slices.tsx';

/** How slices are looked at, as it stands in an address: which column, only the worse ones, in which order. */
export const sliceFields = {
  slice: field.text,
  worse: field.flag,
  sort: field.text,
  down: field.flag,
};
type SliceSearch = SearchOf<typeof sliceFields>;

export function sliceView({ slice, worse, sort, down }: SliceSearch): SliceView {
  return {
    column: slice,
    worse: worse === true,
    sort: sort === undefined ? undefined : { by: sort, down: down === true },
  };
}

export function sliceSearch({ column, worse, sort }: SliceView): SliceSearch {
  return {
    slice: column,
    worse: worse || undefined,
    sort: sort?.by,
    down: sort?.down === true ? true : undefined,
  };
}
