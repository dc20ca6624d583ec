import { useState, type ReactElement } from 'react';
import { Button } from '../kit/button.tsx';
import { TextField } from '../kit/field.tsx';
import { formatTime } from '../kit/format.ts';
import { Popover } from '../kit/popover.tsx';

interface Range {
  since?: number | undefined;
  until?: number | undefined;
}

const PRESETS: [label: string, back: number][] = [
  ['The last hour', 3_600_000],
  ['The last 24 hours', 86_400_000],
  ['The last 7 days', 7 * 86_400_000],
  ['The last 30 days', 30 * 86_400_000],
];

/** From when to when. What is chosen is a fixed time, so that a link shows the same tomorrow. */
export function TimeFilter({
  since,
  until,
  onChange,
}: Range & { onChange(range: Range): void }): ReactElement {
  const [now] = useState(() => Date.now());
  const short = (time: number) => formatTime(time).slice(0, 16);
  const label =
    since !== undefined && until !== undefined
      ? `${short(since)} – ${short(until)}`
      : since !== undefined
        ? `Since ${short(since)}`
        : until !== undefined
          ? `Before ${short(until)}`
          : 'Any time';
  return (
    <Popover title="When" trigger={<Button icon="clock">{label}</Button>}>
      <div className="stack">
        <div className="row row-wrap">
          {PRESETS.map(([words, back]) => (
            <Button key={words} onClick={() => onChange({ since: now - back, until: undefined })}>
              {words}
            </Button>
          ))}
        </div>
        <TextField
          label="From"
          type="datetime-local"
          value={local(since)}
          onChange={(event) => onChange({ since: time(event.target.value) })}
        />
        <TextField
          label="Before"
          type="datetime-local"
          value={local(until)}
          onChange={(event) => onChange({ until: time(event.target.value) })}
        />
        <div>
          <Button look="quiet" onClick={() => onChange({ since: undefined, until: undefined })}>
            Any time
          </Button>
        </div>
      </div>
    </Popover>
  );
}

/** What a `datetime-local` field holds: local time without a zone. */
function local(at: number | undefined): string {
  return at === undefined ? '' : formatTime(at).slice(0, 16).replace(' ', 'T');
}
function time(text: string): number | undefined {
  const at = new Date(text).getTime();
  return Number.isFinite(at) && at >= 0 ? at : undefined;
}
