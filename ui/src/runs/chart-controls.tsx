import type { ReactElement } from 'react';
import { Button } from '../kit/button.tsx';
import { Choice, SearchField } from '../kit/field.tsx';
import type { ChartSearch } from './chart-view.ts';
import './chart-controls.css';

/** How all charts of a page are drawn. Everything here stands in the address. */
export function ChartControls(props: {
  search: ChartSearch;
  onChange(next: ChartSearch): void;
  withSearch?: boolean;
}): ReactElement {
  const { search, onChange } = props;
  const smoothing = search.smooth ?? 0;
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
      <Choice
        label="Across"
        value={search.x ?? 'step'}
        options={[
          { value: 'step', label: 'step' },
          { value: 'relative', label: 'time since start' },
          { value: 'wall', label: 'date and time' },
        ]}
        onChange={(x) => onChange({ x: x === 'step' ? undefined : x, zoom: undefined })}
      />
      <label className="smoothing">
        Smoothing
        <input
          type="range"
          min={0}
          max={0.99}
          step={0.01}
          value={smoothing}
          onChange={(event) => onChange({ smooth: Number(event.target.value) || undefined })}
        />
        <output>{smoothing.toFixed(2)}</output>
      </label>
      {smoothing > 0 && (
        <Choice
          label="by"
          value={search.smoother ?? 'twema'}
          options={[
            { value: 'twema', label: 'time-weighted average' },
            { value: 'ema', label: 'exponential average' },
          ]}
          onChange={(smoother) => onChange({ smoother: smoother === 'twema' ? undefined : smoother })}
        />
      )}
      <Button
        look="quiet"
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
