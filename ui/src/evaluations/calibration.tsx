import type { ReactElement } from 'react';
import type { Evaluation } from '../../../src/validation/contract.ts';
import { formatCount, formatNumber } from '../kit/format.ts';

const SIZE = 240;
const LEFT = 34;
const FOOT = 30;

/** What was predicted against what came true: on the line, a 30 % means 30 %. */
export function Calibration({
  calibration: { bins, error },
}: {
  calibration: NonNullable<Evaluation['calibration']>;
}): ReactElement {
  const used = bins.filter(({ rows }) => rows > 0);
  const most = Math.max(1, ...used.map(({ rows }) => rows));
  const x = (value: number) => LEFT + value * SIZE;
  const y = (value: number) => 8 + (1 - value) * SIZE;
  return (
    <div className="calibration">
      <svg
        viewBox={`0 0 ${LEFT + SIZE + 10} ${SIZE + 8 + FOOT}`}
        role="img"
        aria-label={`Calibration: predicted against observed, ${used.length} bins, expected error ${formatNumber(error, 3)}`}
      >
        <rect x={LEFT} y={8} width={SIZE} height={SIZE} className="calibration-frame" />
        {[0.25, 0.5, 0.75].map((tick) => (
          <path
            key={tick}
            d={`M${x(tick)} 8V${8 + SIZE}M${LEFT} ${y(tick)}H${LEFT + SIZE}`}
            className="calibration-grid"
          />
        ))}
        <path d={`M${x(0)} ${y(0)}L${x(1)} ${y(1)}`} className="calibration-ideal" />
        <polyline
          points={used.map((bin) => `${x(bin.predicted).toFixed(1)},${y(bin.observed).toFixed(1)}`).join(' ')}
          className="calibration-line"
        />
        {used.map((bin) => (
          <circle
            key={bin.low}
            cx={x(bin.predicted)}
            cy={y(bin.observed)}
            r={2 + 3.5 * Math.sqrt(bin.rows / most)}
            className="calibration-point"
          >
            <title>{`predicted ${formatNumber(bin.predicted, 3)}, observed ${formatNumber(bin.observed, 3)}, ${formatCount(bin.rows)} rows`}</title>
          </circle>
        ))}
        {[0, 0.5, 1].map((tick) => (
          <g key={tick} className="calibration-words">
            <text x={x(tick)} y={SIZE + 22} textAnchor={tick === 1 ? 'end' : 'middle'}>
              {tick * 100} %
            </text>
            <text x={LEFT - 5} y={y(tick) + (tick === 1 ? 9 : tick === 0 ? 0 : 4)} textAnchor="end">
              {tick * 100} %
            </text>
          </g>
        ))}
        <text x={x(0.5)} y={SIZE + 35} textAnchor="middle" className="calibration-words">
          predicted
        </text>
        <text x={LEFT + 6} y={22} className="calibration-words">
          came true
        </text>
      </svg>
      <div className="stack">
        <p>
          Expected calibration error <strong>{formatNumber(error, 3)}</strong>.
        </p>
        <p className="muted">
          Each dot is a group of rows by predicted probability, the larger the more rows; up is what share
          came true. On the dashed line the prediction can be taken at its word.
        </p>
        <details>
          <summary>As a table</summary>
          <table className="plain-table">
            <thead>
              <tr>
                <th scope="col" className="num">
                  predicted
                </th>
                <th scope="col" className="num">
                  observed
                </th>
                <th scope="col" className="num">
                  rows
                </th>
              </tr>
            </thead>
            <tbody>
              {used.map((bin) => (
                <tr key={bin.low}>
                  <td className="num">{formatNumber(bin.predicted, 3)}</td>
                  <td className="num">{formatNumber(bin.observed, 3)}</td>
                  <td className="num">{formatCount(bin.rows)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      </div>
    </div>
  );
}
