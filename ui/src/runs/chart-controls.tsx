import { useId, type ReactElement } from 'react';
import { Button } from '../kit/button.tsx';
import type { XAxis } from '../kit/chart/series.ts';
import { SMOOTHERS, SMOOTHER_NAMES } from '../kit/chart/smoothing.ts';
import { Choice, SearchField, type Option } from '../kit/field.tsx';
import type { ChartSearch } from './chart-view.ts';
import './chart-controls.css';

/** How all charts of a page are drawn. Everything here stands in the address. */
export function ChartControls(props: {
  search: ChartSearch;
  onChange(next: ChartSearch): void;
  withSearch?: boolean;
  /** Those that may be the x-axis. */
  metrics?: readonly string[];
}): ReactElement {
  const { search, onChange } = props;
  return (
    <div className="chart-controls">
      {props.withSearch && (
        <SearchField
          label="Find metrics by name"
          placeholder="Find metrics"
          value={search.q ?? ''}
          onChange={(q) => onChange({ q: q || undefined })}
        />
      )}
      <ViewFields search={search} metrics={props.metrics ?? []} onChange={onChange} />
      <Button
        aria-pressed={search.log ?? false}
        onClick={() => onChange({ log: search.log ? undefined : true })}
      >
        Log scale
      </Button>
      {search.zoom !== undefined && (
        <Button icon="zoomout" onClick={() => onChange({ zoom: undefined })}>
          Show all
        </Button>
      )}
    </div>
  );
}

/** What runs across, and the smoothing. */
export function ViewFields(props: {
  search: ChartSearch;
  metrics: readonly string[];
  onChange(next: ChartSearch): void;
}): ReactElement {
  const { search, metrics, onChange } = props;
  const id = useId();
  const smoother = search.smoother ?? 'twema';
  const { most, step, unit } = SMOOTHERS[smoother];
  const amount = Math.min(search.smooth ?? 0, most);
  const xs: Option<XAxis>[] = [
    { value: 'step', label: 'step' },
    { value: 'relative', label: 'time since start' },
    { value: 'wall', label: 'date and time' },
    ...(metrics.length > 0 || search.x === 'metric' ? [{ value: 'metric' as const, label: 'a metric' }] : []),
  ];
  return (
    <>
      <Choice
        label="Across"
        value={search.x ?? 'step'}
        options={xs}
        onChange={(x) =>
          onChange({
            x: x === 'step' ? undefined : x,
            zoom: undefined,
            ...(x === 'metric' && search.xm === undefined ? { xm: metrics[0] } : {}),
          })
        }
      />
      {search.x === 'metric' && (
        <Choice
          label="which"
          value={search.xm ?? ''}
          options={[...new Set([...(search.xm === undefined ? [] : [search.xm]), ...metrics])].map((key) => ({
            value: key,
            label: key,
          }))}
          onChange={(xm) => onChange({ xm, zoom: undefined })}
        />
      )}
      <label className="smoothing" htmlFor={id}>
        Smoothing
        <input
          id={id}
          type="range"
          min={0}
          max={most}
          step={step}
          value={amount}
          aria-valuetext={amount === 0 ? 'off' : `${amount} ${unit}`}
          onChange={(event) => onChange({ smooth: Number(event.target.value) || undefined })}
        />
        <output>{amount === 0 ? 'off' : most < 1 ? amount.toFixed(2) : amount}</output>
      </label>
      {amount > 0 && (
        <Choice
          label="by"
          value={smoother}
          options={SMOOTHER_NAMES.map((value) => ({
            value,
            label: SMOOTHERS[value].label,
          }))}
          onChange={(next) =>
            onChange({
              smoother: next === 'twema' ? undefined : next,
              // The numbers of one kind say nothing to another.
              ...(SMOOTHERS[next].unit === unit ? {} : { smooth: SMOOTHERS[next].usual }),
            })
          }
        />
      )}
    </>
  );
}
