import type { ReactElement } from 'react';
import { Button } from '../kit/button.tsx';
import { Check } from '../kit/field.tsx';
import { Popover } from '../kit/popover.tsx';
import { ViewFields } from '../runs/chart-controls.tsx';
import type { ChartSearch } from '../runs/chart-view.ts';
import type { PanelSettings } from './work-state.ts';

/** What a single chart can be told: to come first, and to be drawn other than the rest. */
export function PanelActions(props: {
  metric: string;
  /** How all charts are drawn. */
  search: ChartSearch;
  own: PanelSettings | undefined;
  metrics: readonly string[];
  onOwn(settings: PanelSettings | undefined): void;
  first: boolean;
  onFirst(up: boolean): void;
}): ReactElement {
  const { metric, search, own, onOwn, first } = props;
  const shown = { ...search, ...own };
  const change = ({ x, xm, smooth, smoother, log }: ChartSearch) => {
    const next = { ...own };
    for (const [key, value] of Object.entries({ x, xm, smooth, smoother, log }))
      if (value !== undefined) Object.assign(next, { [key]: value });
    onOwn(next);
  };
  return (
    <>
      <Button
        look="quiet"
        icon="star"
        className={first ? 'starred' : ''}
        aria-pressed={first}
        label={`Put ${metric} first`}
        onClick={() => props.onFirst(!first)}
      />
      <Popover
        title={`How ${metric} is drawn`}
        trigger={
          <Button
            look="quiet"
            icon="settings"
            className={own === undefined ? '' : 'starred'}
            label={`Settings of ${metric}`}
          />
        }
      >
        <div className="stack panel-fields">
          <ViewFields
            search={shown}
            metrics={props.metrics.filter((key) => key !== metric)}
            // What is usual has no word in the page's address; a chart must be able to say it against the page.
            onChange={(next) =>
              change({
                ...('x' in next ? { x: next.x ?? 'step' } : {}),
                ...('xm' in next ? { xm: next.xm } : {}),
                ...('smooth' in next ? { smooth: next.smooth ?? 0 } : {}),
                ...('smoother' in next ? { smoother: next.smoother ?? 'twema' } : {}),
              })
            }
          />
          <Check
            label="Log scale"
            checked={shown.log ?? false}
            onChange={(log) => {
              const { log: before, ...rest } = own ?? {};
              onOwn(log ? { ...rest, log } : before === undefined ? own : rest);
            }}
          />
          {own !== undefined && (
            <Button look="quiet" onClick={() => onOwn(undefined)}>
              Draw it as the others
            </Button>
          )}
        </div>
      </Popover>
    </>
  );
}
