import { useState, type FormEvent, type ReactElement } from 'react';
import { Button } from '../kit/button.tsx';
import { Check } from '../kit/field.tsx';
import type { Axis } from './axes.ts';
import type { Brush } from './work-state.ts';

/** What a pointer brushes on an axis, for the keyboard: two numbers, or some of the texts. */
export function BrushFields(props: {
  axis: Axis;
  brush: Brush | undefined;
  onBrush(brush: Brush | undefined): void;
}): ReactElement {
  const { axis, brush, onBrush } = props;
  if (axis.kind === 'text') {
    const chosen = new Set(brush?.values ?? axis.values);
    return (
      <fieldset className="chooser brush-values">
        <legend>Runs whose {axis.id} is</legend>
        {axis.values.map((value) => (
          <Check
            key={value}
            label={value}
            checked={chosen.has(value)}
            onChange={(on) => {
              const values = axis.values.filter((each) => (each === value ? on : chosen.has(each)));
              onBrush(
                values.length === axis.values.length || values.length === 0
                  ? undefined
                  : { id: axis.id, values },
              );
            }}
          />
        ))}
      </fieldset>
    );
  }
  return <RangeFields key={`${brush?.from} ${brush?.to}`} {...props} axis={axis} />;
}

function RangeFields(props: {
  axis: Axis & { kind: 'number' };
  brush: Brush | undefined;
  onBrush(brush: Brush | undefined): void;
}): ReactElement {
  const { axis, brush, onBrush } = props;
  const [from, setFrom] = useState(brush?.from === undefined ? '' : String(brush.from));
  const [to, setTo] = useState(brush?.to === undefined ? '' : String(brush.to));
  const number = (text: string, otherwise: number) => (text.trim() === '' ? otherwise : Number(text));
  const [low, high] = [number(from, axis.low), number(to, axis.high)];
  const fits = Number.isFinite(low) && Number.isFinite(high) && low <= high;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (fits)
      onBrush(from.trim() === '' && to.trim() === '' ? undefined : { id: axis.id, from: low, to: high });
  };
  return (
    <form className="stack" onSubmit={submit}>
      <div className="row">
        <input
          className="input"
          inputMode="decimal"
          aria-label={`${axis.id} from`}
          placeholder={String(axis.low)}
          value={from}
          onChange={(event) => setFrom(event.target.value)}
        />
        <input
          className="input"
          inputMode="decimal"
          aria-label={`${axis.id} to`}
          placeholder={String(axis.high)}
          value={to}
          onChange={(event) => setTo(event.target.value)}
        />
      </div>
      <div className="row">
        <Button type="submit" look="primary" disabled={!fits}>
          Brush
        </Button>
        {brush !== undefined && <Button onClick={() => onBrush(undefined)}>Take away</Button>}
      </div>
    </form>
  );
}
