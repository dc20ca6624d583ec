import type { ReactElement } from 'react';
import type { Run } from '../../../src/tracking/contract.ts';
import { Swatch } from '../kit/chart/swatch.tsx';
import type { SeriesStyle } from '../kit/chart/colors.ts';
import { useDark } from '../kit/theme.ts';
import { metricText } from './run-words.tsx';
import './single-values.css';

/** Metrics that were logged once, such as a final score: a number says it all, and a bar beside others. */
export function SingleValues(props: {
  keys: readonly string[];
  runs: readonly Run[];
  styles?: ReadonlyMap<string, SeriesStyle>;
  search: string | undefined;
}): ReactElement | null {
  const { runs, styles, search = '' } = props;
  const keys = props.keys.filter((key) => key.toLowerCase().includes(search.toLowerCase()));
  if (keys.length === 0) return null;
  return (
    <dl
      className={`singles${runs.length > 1 ? ' singles-many' : ''}`}
      aria-label="Values that were logged once"
    >
      {keys.map((key) => (
        <div key={key}>
          <dt className="truncate" title={key}>
            {key}
          </dt>
          <Values name={key} runs={runs} styles={styles} />
        </div>
      ))}
    </dl>
  );
}

function Values({
  name,
  runs,
  styles,
}: {
  name: string;
  runs: readonly Run[];
  styles: ReadonlyMap<string, SeriesStyle> | undefined;
}): ReactElement[] {
  const dark = useDark();
  const found = runs.flatMap((run) => {
    const metric = run.metrics.find(({ key }) => key === name);
    return metric === undefined ? [] : [{ run, value: Number(metric.last), text: metricText(metric.last) }];
  });
  const finite = found.map(({ value }) => value).filter(Number.isFinite);
  const [low, high] = [Math.min(0, ...finite), Math.max(0, ...finite)];
  const share = (value: number) =>
    high > low && Number.isFinite(value) ? ((value - low) / (high - low)) * 100 : 0;
  return found.map(({ run, value, text }) => {
    const style = styles?.get(run.id);
    return (
      <dd key={run.id}>
        {runs.length > 1 && (
          <>
            <Swatch style={style} />
            <span className="truncate" title={run.name}>
              {run.name}
            </span>
            <span className="singles-track" aria-hidden="true">
              <span style={{ width: `${share(value)}%`, background: dark ? style?.dark : style?.light }} />
            </span>
          </>
        )}
        <strong>{text}</strong>
      </dd>
    );
  });
}

/** Keys by whether any run logged them more than once. */
export function splitMetrics(
  runs: readonly Run[],
  wanted: (key: string) => boolean,
): { curves: string[]; singles: string[] } {
  const most = new Map<string, number>();
  for (const run of runs)
    for (const { key, count } of run.metrics)
      if (wanted(key)) most.set(key, Math.max(count, most.get(key) ?? 0));
  const keys = [...most.keys()].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return {
    curves: keys.filter((key) => most.get(key)! > 1),
    singles: keys.filter((key) => most.get(key)! <= 1),
  };
}
