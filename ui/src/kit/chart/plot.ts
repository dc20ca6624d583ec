import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatClock } from './format-x.ts';
import { formatDuration } from '../format.ts';
import type { SeriesStyle } from './colors.ts';
import { align, axisSteps, padded, yExtent, type ChartSeries, type Range, type XAxis } from './series.ts';

/** The canvas of a chart: uPlot for scales, axes, cursor and lines; the envelope and the odd points are drawn here. */

export interface PlotInput {
  series: readonly ChartSeries[];
  /** What is drawn as the line: smoothed, or the same as `y`. */
  lines: readonly (readonly (number | null)[])[];
  styles: ReadonlyMap<string, SeriesStyle>;
  dark: boolean;
  x: XAxis;
  log: boolean;
  shown: Range;
  smoothed: boolean;
  formatY(value: number): string;
}
interface PlotOptions {
  height: number;
  sync: string | undefined;
  zoom(range: Range): void;
  hover(x: number | undefined): void;
}
export interface Plot {
  update(input: PlotInput): void;
  /** Moves the cursor to an x. */
  point(x: number | undefined): void;
  destroy(): void;
}

const FONT = '11px system-ui, -apple-system, "Segoe UI", Inter, sans-serif';

export function mountPlot(holder: HTMLElement, first: PlotInput, options: PlotOptions): Plot {
  let input = first;
  const ink = css(holder, 'var(--ink-3)');
  const line = css(holder, 'var(--line)');
  const color = (id: string) => {
    const style = input.styles.get(id);
    return style === undefined ? ink : input.dark ? style.dark : style.light;
  };
  const axis: uPlot.Axis = {
    stroke: ink,
    font: FONT,
    grid: { stroke: line, width: 1 },
    ticks: { stroke: line, width: 1, size: 4 },
  };
  const yRange = (): uPlot.Range.MinMax => {
    const extent = yExtent(input.series, input.shown, input.log);
    if (!extent) return input.log ? [0.1, 1] : [0, 1];
    if (input.log) return uPlot.rangeLog(extent[0] / 1.15, extent[1] * 1.15, 10, false);
    const [low, high] = padded(extent);
    return [low, high];
  };
  const chart = new uPlot(
    {
      width: holder.clientWidth,
      height: options.height,
      padding: [8, 18, 0, 0],
      legend: { show: false },
      cursor: {
        // The part that is looked at stands in the address, and the server is asked for it, finer: uPlot must not zoom by itself.
        drag: { x: true, y: false, setScale: false },
        points: { size: 7, width: 1.5 },
        focus: { prox: 24 },
        ...(options.sync === undefined ? {} : { sync: { key: options.sync, setSeries: false } }),
      },
      scales: {
        // As functions of what is shown now: `setData` asks them anew, and fixed ranges would undo the zoom with every live point.
        x: { time: input.x === 'wall', range: () => [...xRange(input)] },
        y: { distr: input.log ? 3 : 1, range: yRange },
      },
      axes: [
        {
          ...axis,
          space: 70,
          size: 30,
          ...(input.x === 'relative'
            ? { values: (_u, values) => values.map((value) => (value === 0 ? '0' : formatDuration(value))) }
            : input.x === 'wall'
              ? { values: (_u, values) => formatClock(values) }
              : {}),
        },
        {
          ...axis,
          size: axisSize,
          ...(input.log ? {} : { incrs: (_u, _axis, min, max) => axisSteps(min, max) }),
          values: (_u, values) =>
            values.map((value: number | null) => (value === null ? '' : input.formatY(value))),
        },
      ],
      series: [
        {},
        ...input.series.map(({ id }): uPlot.Series => ({
          // Asked at each drawing: a run that is added may change the style of another, and a new canvas would lose the cursor.
          stroke: () => color(id),
          width: 1.6,
          dash: input.styles.get(id)?.dash ?? [],
          spanGaps: false, // points that only other lines have are passed over all the same: they are undefined
          points: {
            show: input.series.every(({ x }) => x.length < 40),
            size: 5,
            fill: () => color(id),
            width: 0,
          },
        })),
      ],
      hooks: {
        // After the grid, before the lines.
        drawAxes: [(u) => input.series.forEach((each) => drawEnvelope(u, each, color(each.id), input))],
        draw: [
          (u) =>
            input.series.forEach((each, i) => {
              if (input.log) drawAlone(u, each, input.lines[i] ?? [], color(each.id), scaleOf(input));
              drawOdd(u, each, color(each.id), ink);
            }),
        ],
        setSelect: [
          (u) => {
            if (u.select.width < 4) return; // a click whose hand trembled
            const from = u.posToVal(u.select.left, 'x') * scaleOf(input);
            const to = u.posToVal(u.select.left + u.select.width, 'x') * scaleOf(input);
            // Silently (`false`), or taking the selection away would be another selection.
            u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
            options.zoom([from, to]);
          },
        ],
        setCursor: [
          (u) => {
            const index = u.cursor.idx;
            const x = index === null || index === undefined ? undefined : u.data[0][index];
            options.hover(x === undefined ? undefined : x * scaleOf(input));
          },
        ],
      },
    },
    dataOf(input),
    holder,
  );
  const observer = new ResizeObserver(() => {
    if (holder.clientWidth > 0 && holder.clientWidth !== chart.width)
      chart.setSize({ width: holder.clientWidth, height: options.height });
  });
  observer.observe(holder);
  return {
    update(next) {
      if (next === input) return;
      input = next;
      chart.setData(dataOf(input));
    },
    point(x) {
      if (x !== undefined) chart.setCursor({ left: chart.valToPos(x / scaleOf(input), 'x'), top: 20 });
    },
    destroy() {
      observer.disconnect();
      chart.destroy();
    },
  };
}

/** uPlot counts wall time in seconds; we hold milliseconds everywhere. */
function scaleOf(input: PlotInput): number {
  return input.x === 'wall' ? 1000 : 1;
}

function xRange(input: PlotInput): Range {
  return [input.shown[0] / scaleOf(input), input.shown[1] / scaleOf(input)];
}

function dataOf(input: PlotInput): uPlot.AlignedData {
  const scale = scaleOf(input);
  const seen = (y: number | null): number | null => (y !== null && input.log && y <= 0 ? null : y);
  return align(
    input.series.map(({ x }, i) => ({
      x: scale === 1 ? x : x.map((value) => value / scale),
      y: (input.lines[i] ?? []).map(seen),
    })),
  );
}

/** Wide enough for the longest number on the axis. */
function axisSize(u: uPlot, values: string[] | null): number {
  if (!values || values.length === 0) return 34;
  u.ctx.font = FONT;
  const longest = Math.max(...values.map((value) => u.ctx.measureText(value).width));
  return Math.ceil(longest / devicePixelRatio) + 18;
}

/** From the lowest to the highest value of each bucket; with smoothing also the raw line, faintly. */
function drawEnvelope(
  u: uPlot,
  { x, min, max, y, count, band = false }: ChartSeries,
  stroke: string,
  input: PlotInput,
): void {
  const packed = band || count.some((each) => each > 1);
  if ((!packed && !input.smoothed) || x.length === 0) return;
  const { ctx } = u;
  const scale = scaleOf(input);
  const floor = u.scales['y']?.min ?? 0;
  const px = (value: number) => u.valToPos(value / scale, 'x', true);
  const py = (value: number) => u.valToPos(input.log && value <= 0 ? floor : value, 'y', true);
  ctx.save();
  ctx.beginPath();
  ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
  ctx.clip();
  ctx.fillStyle = stroke;
  ctx.strokeStyle = stroke;
  if (packed) {
    ctx.globalAlpha = 0.2;
    ctx.beginPath();
    x.forEach((value, i) => ctx.lineTo(px(value), py(max[i]!)));
    for (let i = x.length - 1; i >= 0; i--) ctx.lineTo(px(x[i]!), py(min[i]!));
    ctx.closePath();
    ctx.fill();
  }
  if (packed && !band) {
    // A bucket narrower than a pixel would vanish from the fill: its extremes are drawn as a line of their own.
    ctx.globalAlpha = 0.5;
    ctx.lineWidth = devicePixelRatio;
    ctx.beginPath();
    x.forEach((value, i) => {
      ctx.moveTo(px(value), py(min[i]!));
      ctx.lineTo(px(value), py(max[i]!));
    });
    ctx.stroke();
  }
  if (input.smoothed) {
    ctx.globalAlpha = 0.3;
    ctx.lineWidth = 1.2 * devicePixelRatio;
    ctx.beginPath();
    let broken = true;
    x.forEach((value, i) => {
      const gap = input.log && y[i]! <= 0;
      if (!gap && broken) ctx.moveTo(px(value), py(y[i]!));
      else if (!gap) ctx.lineTo(px(value), py(y[i]!));
      broken = gap;
    });
    ctx.stroke();
  }
  ctx.restore();
}

/** A point of a log axis between two that have no place there: no line goes through it, so it is drawn as a dot. */
function drawAlone(
  u: uPlot,
  { x }: ChartSeries,
  line: readonly (number | null)[],
  fill: string,
  scale: number,
): void {
  const seen = (i: number): boolean => (line[i] ?? 0) > 0;
  const { ctx } = u;
  ctx.save();
  ctx.fillStyle = fill;
  x.forEach((value, i) => {
    if (!seen(i) || seen(i - 1) || seen(i + 1)) return;
    ctx.beginPath();
    ctx.arc(
      u.valToPos(value / scale, 'x', true),
      u.valToPos(line[i]!, 'y', true),
      2 * devicePixelRatio,
      0,
      2 * Math.PI,
    );
    ctx.fill();
  });
  ctx.restore();
}

/** NaN and infinities stand on the edge they ran off, with a letter that says which. */
function drawOdd(u: uPlot, { odd }: ChartSeries, fill: string, ink: string): void {
  if (odd.length === 0) return;
  const { ctx } = u;
  const size = 5 * devicePixelRatio;
  const wall = u.scales['x']?.time === true ? 1000 : 1;
  ctx.save();
  ctx.beginPath();
  ctx.rect(u.bbox.left - size, u.bbox.top - size, u.bbox.width + 2 * size, u.bbox.height + 2 * size);
  ctx.clip();
  ctx.font = `${9 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textAlign = 'center';
  let labelled = -Infinity;
  for (const { x, kind } of odd) {
    const left = u.valToPos(x / wall, 'x', true);
    const up = kind === '∞';
    const edge = up ? u.bbox.top : u.bbox.top + u.bbox.height;
    const tip = up ? edge + size * 1.6 : edge - size * 1.6;
    ctx.fillStyle = fill;
    ctx.beginPath();
    // An infinity points where it went; NaN, which went nowhere, stands on the floor.
    const [point, base] = kind === 'NaN' ? [tip, edge] : [edge, tip];
    ctx.moveTo(left, point);
    ctx.lineTo(left - size, base);
    ctx.lineTo(left + size, base);
    ctx.closePath();
    ctx.fill();
    if (left - labelled < 26 * devicePixelRatio) continue;
    labelled = left;
    ctx.fillStyle = ink;
    ctx.fillText(kind, left, up ? tip + 9 * devicePixelRatio : tip - 3 * devicePixelRatio);
  }
  ctx.restore();
}

/**
 * A colour as the canvas knows it: `light-dark()` and variables resolved. What it cannot read it passes over, and draws on in the colour
 * before.
 */
function css(element: HTMLElement, value: string): string {
  const probe = document.createElement('span');
  probe.style.color = value;
  element.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}
