import { field, type SearchOf } from '../kit/url-state.ts';
import { chartSearch } from '../runs/chart-search.ts';

/** All that the work place of an experiment shows, as it stands in its address. */
export const workSearch = {
  filter: field.text,
  /** A column's id; a minus before it turns the order. */
  sort: field.text,
  cols: field.list,
  /** Columns that stay in sight, besides the name. */
  pin: field.list,
  /** `id:px`. */
  w: field.list,
  group: field.text,
  sel: field.list,
  state: field.choice('deleted', 'all'),
  /** Starred runs only. */
  star: field.flag,
  /** Parts of axes, as `brushText` writes them. */
  brush: field.list,
  /** Only that; table and charts beside each other unless said. */
  pane: field.choice('table', 'charts'),
  /** Per cent of the width that the table has. */
  split: field.number(20, 80),
  see: field.choice('parallel', 'scatter', 'importance'),
  ...chartSearch,
  /** How many runs the charts draw. */
  lines: field.number(1, 500),
  band: field.choice('sd'),
  /** Metrics whose charts come first, and how single charts are drawn other than the rest. */
  top: field.list,
  set: field.list,
  axes: field.list,
  sx: field.text,
  sy: field.text,
  target: field.text,
};

export type WorkSearch = SearchOf<typeof workSearch>;
