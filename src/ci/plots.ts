import type { CiReport, Figure, MetricChange } from './contract.ts';
import { digits, duration, line } from './words.ts';

/** Plots as text: nothing is fetched, and they look the same wherever Markdown is read. */

const WIDTH = 48;
const MOST_METRICS = 6;
/** A larger graph is no picture any more. */
const MOST_NODES = 40;

/** The intervals of the first metrics, one above the other. Empty where there is nothing to compare. */
export function intervalPlot(metrics: readonly MetricChange[], base: string | undefined): string {
  const shown = metrics
    .filter((one) => [one.now, one.base].every((figure) => figure?.low !== undefined))
    .slice(0, MOST_METRICS);
  if (shown.length === 0 || base === undefined) return '';
  const names = [line(base).replaceAll('`', "'").slice(0, 20), 'this commit'] as const;
  const width = Math.max(...shown.map(({ name }) => name.length));
  const label = Math.max(...names.map(({ length }) => length));
  const rows = shown.flatMap(({ name, now, base: before }) => {
    const ends = [now, before!].flatMap(({ low, high }) => [low!, high!]);
    const scale = scaleOf(Math.min(...ends), Math.max(...ends));
    return [
      `${name.padEnd(width)}  ${names[0].padEnd(label)}  ${bar(before!, scale)}  ${digits(before!.value)}`,
      `${''.padEnd(width)}  ${names[1].padEnd(label)}  ${bar(now, scale)}  ${digits(now.value)}`,
    ];
  });
  return ['```text', ...rows, '```'].join('\n');
}

const scaleOf =
  (low: number, high: number) =>
  (value: number): number =>
    high === low ? WIDTH / 2 : Math.round(((value - low) / (high - low)) * (WIDTH - 1));

function bar({ value, low, high }: Figure, scale: (value: number) => number): string {
  const [from, at, to] = [scale(low!), scale(value), scale(high!)];
  return Array.from({ length: WIDTH }, (_, i) =>
    i === at ? '●' : i === from ? '├' : i === to ? '┤' : i > from && i < to ? '─' : ' ',
  ).join('');
}

const COLOURS: Readonly<Record<string, string>> = {
  ran: 'fill:#d7f0dd,stroke:#1a7f37,color:#0b3d1a',
  cached: 'fill:#e8ecf1,stroke:#6e7781,color:#24292f',
  bad: 'fill:#ffdcd7,stroke:#cf222e,color:#5a0a12',
  idle: 'fill:#fff8e0,stroke:#9a6700,color:#4a3200',
};

/** The steps as Mermaid, which GitHub, GitLab, Gitea and Forgejo draw by themselves. Names of steps hold letters, digits, `_` and `-`. */
export function stepChart(steps: CiReport['steps']): string {
  if (steps.length > MOST_NODES) return '';
  const ids = new Map(steps.map(({ name }, i) => [name, `s${i}`]));
  const kind = (state: CiReport['steps'][number]['state']): string =>
    state === 'succeeded' ? 'ran' : state === 'cached' ? 'cached' : state === 'failed' ? 'bad' : 'idle';
  const words = ({ state, ms }: CiReport['steps'][number]): string =>
    state === 'succeeded' && ms !== undefined ? `ran, ${duration(ms)}` : state;
  return [
    '```mermaid',
    'flowchart LR',
    ...steps.map(
      (step) => `  ${ids.get(step.name)}["${step.name}<br/>${words(step)}"]:::${kind(step.state)}`,
    ),
    ...steps.flatMap(({ name, needs }) =>
      needs.filter((need) => ids.has(need)).map((need) => `  ${ids.get(need)} --> ${ids.get(name)}`),
    ),
    ...Object.entries(COLOURS).map(([name, style]) => `  classDef ${name} ${style}`),
    '```',
  ].join('\n');
}

/** What came true beside what was predicted; the second line is where both are equal. */
export function calibrationChart(bins: NonNullable<CiReport['calibration']>): string {
  const full = bins.filter(({ rows }) => rows > 0);
  if (full.length < 3) return '';
  const list = (values: number[]): string => values.map((value) => value.toFixed(3)).join(', ');
  return [
    '```mermaid',
    'xychart-beta',
    '  title "Calibration: what came true, and where it would equal the prediction"',
    `  x-axis "predicted" [${full.map(({ predicted }) => `"${predicted.toFixed(2)}"`).join(', ')}]`,
    '  y-axis "came true" 0 --> 1',
    `  line [${list(full.map(({ observed }) => observed))}]`,
    `  line [${list(full.map(({ predicted }) => predicted))}]`,
    '```',
  ].join('\n');
}
