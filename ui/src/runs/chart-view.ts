import type { Smoother } from '../kit/chart/smoothing.ts';
import type { Range, XAxis } from '../kit/chart/series.ts';
import type { SearchOf } from '../kit/url-state.ts';
import type { chartSearch } from './chart-search.ts';
import { formatZoom, parseZoom } from './metric-series.ts';

export type ChartSearch = SearchOf<typeof chartSearch>;

/** How charts are drawn, read from an address, with the usual for what it does not say. */
export interface ChartView {
  x: XAxis;
  /** The metric on the x-axis, where one is. */
  xMetric: string | undefined;
  smoothing: number;
  smoother: Smoother;
  log: boolean;
  zoom: Range | undefined;
}

export function chartView(search: ChartSearch): ChartView {
  // Without a metric that axis says nothing.
  const x = search.x === 'metric' && search.xm === undefined ? 'step' : (search.x ?? 'step');
  return {
    x,
    xMetric: x === 'metric' ? search.xm : undefined,
    smoothing: search.smooth ?? 0,
    smoother: search.smoother ?? 'twema',
    log: search.log ?? false,
    zoom: parseZoom(search.zoom),
  };
}

export function zoomText(zoom: Range | undefined): string | undefined {
  return zoom && formatZoom(zoom);
}
