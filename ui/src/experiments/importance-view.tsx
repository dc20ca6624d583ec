import { useEffect, useState, type ReactElement } from 'react';
import { Choice } from '../kit/field.tsx';
import { formatNumber, plural } from '../kit/format.ts';
import { Empty, Skeleton } from '../kit/page.tsx';
import { importances, LEAST_RUNS, type Importances } from './importance.ts';
import { valueOf, type Sample } from './use-sample.ts';

/** Below this the forest tells so little that an order of the params is chance. */
const LITTLE = 0.1;

/** Which params go along with a metric, in the runs that pass. */
export function ImportanceView(props: {
  sample: Sample;
  target: string;
  metrics: readonly string[];
  params: readonly string[];
  onTarget(target: string): void;
}): ReactElement {
  const { sample, target, params } = props;
  const [found, setFound] = useState<{ of: unknown; told: Importances } | undefined>();
  const { rows } = sample;
  useEffect(() => {
    let wanted = true;
    const values = Object.fromEntries(params.map((key) => [key, rows.map((run) => run.params[key])]));
    void importances(
      rows.map((run) => valueOf(run, target)),
      values,
      // The page answers between the trees.
      () => new Promise((resolve) => setTimeout(() => resolve(wanted), 0)),
    ).then((told) => {
      if (told && wanted) setFound({ of: rows, told });
    });
    return () => {
      wanted = false;
    };
  }, [rows, target, params]);
  const told = found?.told;
  return (
    <figure className="chart" aria-label="Parameter importance">
      <div className="row row-wrap">
        <Choice
          label="For"
          value={target}
          options={props.metrics.map((key) => ({ value: `metrics.${key}`, label: key }))}
          onChange={props.onTarget}
        />
        {told && (
          <span className="faint small" role="status">
            n = {told.runs}; the params tell {Math.round(told.explained * 100)} % of its variance
          </span>
        )}
      </div>
      {!told ? (
        <Skeleton lines={6} />
      ) : told.params.length === 0 ? (
        <Empty icon="chart" title="No param varies" />
      ) : told.runs < LEAST_RUNS ? (
        <Empty icon="chart" title={`${plural(told.runs, 'run')} say nothing yet`}>
          <p>From {LEAST_RUNS} runs on that have this metric, params are put in order.</p>
        </Empty>
      ) : (
        <>
          {told.explained < LITTLE && (
            <p className="muted small">
              The params tell almost nothing of this metric here, so their order means little.
            </p>
          )}
          <table className="importance">
            <thead>
              <tr>
                <th scope="col">Param</th>
                <th scope="col">Importance</th>
                <th scope="col">Correlation</th>
                <th scope="col">Runs</th>
              </tr>
            </thead>
            <tbody>
              {told.params.map(({ param, share, correlation, runs }) => (
                <tr key={param}>
                  <th scope="row">
                    <span className="truncate" title={param}>
                      {param}
                    </span>
                  </th>
                  <td>
                    <span className="importance-bar">
                      <span style={{ width: `${share * 100}%` }} />
                    </span>
                    {(share * 100).toFixed(1)} %
                  </td>
                  <td>
                    {correlation === undefined ? (
                      <span className="faint">text</span>
                    ) : (
                      <>
                        <span className={`correlation-bar${correlation < 0 ? ' below' : ''}`}>
                          <span style={{ width: `${Math.abs(correlation) * 50}%` }} />
                        </span>
                        {formatNumber(correlation, 2)}
                      </>
                    )}
                  </td>
                  <td>{runs}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      <figcaption className="chart-note">
        Importance: how much worse a forest of 60 trees tells the metric of runs that it did not learn from
        once the param is shuffled among them. Correlation: Pearson’s. Neither says what causes what.
      </figcaption>
    </figure>
  );
}
