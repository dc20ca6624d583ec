import type { SeriesStyle } from './colors.ts';
import { padded, yExtent, type ChartSeries, type Range } from './series.ts';

/** A chart as a file to take along: its numbers, or its picture. Pure. */

export interface Picture {
  title: string;
  series: readonly ChartSeries[];
  /** What is drawn as the line of each series. */
  lines: readonly (readonly (number | null)[])[];
  styles: ReadonlyMap<string, SeriesStyle>;
  shown: Range;
  log: boolean;
  /** Words of the smoothing, where there is one: a picture without them would pass for the raw line. */
  smoothing: string | undefined;
  /** What stands below the axis. */
  xLabel: string;
  formatX(value: number): string;
  formatY(value: number): string;
}

const quote = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** A name that a spreadsheet would take for a formula, as text. */
const plain = (name: string): string => (/^[=+\-@\t\r]/.test(name) ? `'${name}` : name);

/** One line a point or bucket: its extremes too, and the smoothed value where there is one. What was not finite is there as well. */
export function chartCsv({ series, lines, smoothing, xLabel }: Picture): string {
  const head = ['series', 'id', xLabel, 'value', 'min', 'max', 'points'];
  if (smoothing !== undefined) head.push(`smoothed (${smoothing})`);
  const rows = series.flatMap((line, at) => [
    ...line.x.map((x, i) => [
      plain(line.name),
      line.id,
      String(x),
      String(line.y[i]),
      String(line.min[i]),
      String(line.max[i]),
      String(line.count[i]),
      ...(smoothing === undefined ? [] : [String(lines[at]?.[i] ?? '')]),
    ]),
    ...line.odd.map(({ x, kind }) => [
      plain(line.name),
      line.id,
      String(x),
      { NaN: 'NaN', '∞': 'Infinity', '−∞': '-Infinity' }[kind],
      '',
      '',
      '1',
      ...(smoothing === undefined ? [] : ['']),
    ]),
  ]);
  return `${[head, ...rows].map((row) => row.map(quote).join(',')).join('\r\n')}\r\n`;
}

const W = 960;
const H = 480;
const EDGE = { left: 76, right: 24, top: 48, bottom: 52 };
const LEGEND = 20;

/** The picture of the chart, drawn again from its numbers, in light colours, for paper. */
export function chartSvg(picture: Picture): string {
  const { series, lines, styles, shown, log } = picture;
  const extent = yExtent(series, shown, log) ?? (log ? ([0.1, 1] as const) : ([0, 1] as const));
  const [low, high] = log ? [extent[0] / 1.15, extent[1] * 1.15] : padded(extent);
  const scale = (value: number) =>
    log ? Math.log(Math.max(value, low) / low) / Math.log(high / low) : (value - low) / (high - low);
  const px = (x: number) =>
    round(EDGE.left + ((x - shown[0]) / (shown[1] - shown[0])) * (W - EDGE.left - EDGE.right));
  const py = (y: number) => round(H - EDGE.bottom - scale(y) * (H - EDGE.top - EDGE.bottom));
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  const yTick = (share: number) => (log ? low * (high / low) ** share : low + share * (high - low));
  const rows = Math.ceil(series.length / 3);
  const height = H + (series.length > 1 ? rows * LEGEND + 8 : 0);
  const parts: string[] = [];
  for (const share of ticks) {
    const [x, y] = [shown[0] + share * (shown[1] - shown[0]), yTick(share)];
    parts.push(
      `<line x1="${px(x)}" x2="${px(x)}" y1="${EDGE.top}" y2="${H - EDGE.bottom}" stroke="#e3ded2"/>`,
      `<line x1="${EDGE.left}" x2="${W - EDGE.right}" y1="${py(y)}" y2="${py(y)}" stroke="#e3ded2"/>`,
      `<text x="${px(x)}" y="${H - EDGE.bottom + 18}" text-anchor="middle">${escape(picture.formatX(x))}</text>`,
      `<text x="${EDGE.left - 8}" y="${py(y) + 4}" text-anchor="end">${escape(picture.formatY(y))}</text>`,
    );
  }
  const drawn = series.map((line, at) => {
    const style = styles.get(line.id);
    const stroke = style?.light ?? '#565147';
    const packed = line.band === true || line.count.some((count) => count > 1);
    const floor = (y: number) => (log && y <= 0 ? low : y);
    const band = packed
      ? `<path d="${path(line.x.map((x, i) => [px(x), py(floor(line.max[i]!))]))}${path(
          line.x.map((x, i) => [px(x), py(floor(line.min[i]!))] as const).toReversed(),
          'L',
        )}Z" fill="${stroke}" fill-opacity="0.2"/>`
      : '';
    const points = (ys: readonly (number | null)[]) =>
      line.x.flatMap((x, i) => {
        const y = ys[i];
        return y === null || y === undefined || !Number.isFinite(y) || (log && y <= 0)
          ? []
          : [[px(x), py(y)] as const];
      });
    const raw =
      picture.smoothing === undefined
        ? ''
        : `<path d="${path(points(line.y))}" fill="none" stroke="${stroke}" stroke-opacity="0.3"/>`;
    const dash =
      style === undefined || style.dash.length === 0 ? '' : ` stroke-dasharray="${style.dash.join(' ')}"`;
    const odd = line.odd.map(
      ({ x, kind }) =>
        `<text x="${px(x)}" y="${kind === '∞' ? EDGE.top + 10 : H - EDGE.bottom - 4}" text-anchor="middle" fill="${stroke}">${kind}</text>`,
    );
    return `${band}${raw}<path d="${path(points(lines[at] ?? line.y))}" fill="none" stroke="${stroke}" stroke-width="1.8"${dash}/>${odd.join('')}`;
  });
  const legend =
    series.length > 1
      ? series.map((line, i) => {
          const left = EDGE.left + (i % 3) * ((W - EDGE.left - EDGE.right) / 3);
          const top = H + Math.floor(i / 3) * LEGEND;
          const style = styles.get(line.id);
          return `<line x1="${left}" x2="${left + 20}" y1="${top}" y2="${top}" stroke="${style?.light ?? '#565147'}" stroke-width="2.5" stroke-dasharray="${style?.dash.join(' ') ?? ''}"/><text x="${left + 26}" y="${top + 4}">${escape(line.name.slice(0, 40))}</text>`;
        })
      : [];
  const note = [
    picture.xLabel,
    ...(picture.smoothing === undefined ? [] : [`smoothed: ${picture.smoothing}`]),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${W}" height="${height}" viewBox="0 0 ${W} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="#565147"><rect width="${W}" height="${height}" fill="#fffefb"/><text x="${EDGE.left}" y="28" font-size="16" font-weight="600" fill="#211f1b">${escape(picture.title)}</text><clipPath id="in"><rect x="${EDGE.left}" y="${EDGE.top}" width="${W - EDGE.left - EDGE.right}" height="${H - EDGE.top - EDGE.bottom}"/></clipPath>${parts.join('')}<g clip-path="url(#in)">${drawn.join('')}</g><text x="${(EDGE.left + W - EDGE.right) / 2}" y="${H - 14}" text-anchor="middle">${escape(note.join(' · '))}</text>${legend.join('')}</svg>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

const path = (points: readonly (readonly [number, number])[], start = 'M'): string =>
  points.map(([x, y], i) => `${i === 0 ? start : 'L'}${x} ${y}`).join('');

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
