import type { ReactElement } from 'react';
import { Section } from '../kit/page.tsx';

const EXAMPLES: readonly [filter: string, meaning: string][] = [
  ['metrics.auc > 0.6', 'the last value of a metric'],
  ["params.model = 'xgb'", 'params and tags are text: in quotes'],
  ["tags.team ILIKE 'ops%'", '% stands for anything; LIKE minds the case, ILIKE does not'],
  [
    "status = 'FAILED' OR verdict = 'rejected'",
    'what the run itself has: status, verdict, run_name, user_id, start_time, duration',
  ],
  ["params.model = 'xgb' OR params.model = 'forest'", 'one of several'],
  [
    "metrics.`val/loss` < 0.4 AND (params.depth = '6' OR params.depth = '8')",
    'names with other signs stand in backquotes',
  ],
];

/** What can be asked, by example; shown where a filter could not be read. */
export function FilterHelp({ kept }: { kept: string }): ReactElement {
  return (
    <Section title="How a filter is written">
      <p className="muted small">{kept}</p>
      <dl className="filter-help">
        {EXAMPLES.map(([filter, meaning]) => (
          <div key={filter}>
            <dt>
              <code>{filter}</code>
            </dt>
            <dd className="muted">{meaning}</dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}
