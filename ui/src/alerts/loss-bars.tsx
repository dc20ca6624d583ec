import type { ReactElement } from 'react';
import type { AlertReport } from '../../../src/monitoring/contract.ts';
import { formatNumber } from '../kit/format.ts';
import { partsOf } from './alert-words.ts';

/** The parts of a change, each as a bar from the middle; what they show is also said beside them. */
export function LossBars({ parts }: { parts: NonNullable<AlertReport['parts']> }): ReactElement {
  const all = partsOf(parts);
  const most = Math.max(...all.map(({ value }) => Math.abs(value)), 1e-12);
  return (
    <dl className="loss-bars">
      {all.map(({ name, words, value }) => (
        <div key={name}>
          <dt>
            {name} <span className="faint">{words}</span>
          </dt>
          <dd>
            <span className="loss-bar" aria-hidden="true">
              <span
                className={value > 0 ? 'loss-worse' : 'loss-better'}
                style={{
                  width: `${(50 * Math.abs(value)) / most}%`,
                  [value > 0 ? 'left' : 'right']: '50%',
                }}
              />
            </span>
            <span className="nowrap">
              {value > 0 ? '+' : ''}
              {formatNumber(value, 2)}
            </span>
          </dd>
        </div>
      ))}
    </dl>
  );
}
