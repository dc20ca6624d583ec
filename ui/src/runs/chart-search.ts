import { field } from '../kit/url-state.ts';

/** How charts are drawn, as it stands in the address of every page that has them. */
export const chartSearch = {
  x: field.choice('step', 'relative', 'wall'),
  smooth: field.number(0, 0.999),
  smoother: field.choice('twema', 'ema'),
  log: field.flag,
  /** `from:to` on the x-axis. */
  zoom: field.text,
  /** Which metrics: a part of their names. */
  q: field.text,
};
