import { SMOOTHER_NAMES } from '../kit/chart/smoothing.ts';
import { field } from '../kit/url-state.ts';

/** How charts are drawn, as it stands in the address of every page that has them. */
export const chartSearch = {
  x: field.choice('step', 'relative', 'wall', 'metric'),
  /** Which metric is the x-axis. */
  xm: field.text,
  /** A weight below 1, or a number of points, as the smoother counts. */
  smooth: field.number(0, 1000),
  smoother: field.choice(...SMOOTHER_NAMES),
  log: field.flag,
  /** `from:to` on the x-axis. */
  zoom: field.text,
  /** Which metrics: a part of their names. */
  q: field.text,
};
