import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { getCiReport, type CiReport } from '../../../src/ci/contract.ts';
import { api } from '../api/client.ts';
import { intervalWords, metricWord, reasonWords } from '../evaluations/metric-words.ts';
import { Badge, type Tone } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { Dialog } from '../kit/dialog.tsx';
import { Failure } from '../kit/failure.tsx';
import { formatNumber } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { Listing } from '../kit/listing.tsx';
import { Skeleton } from '../kit/page.tsx';
import './report.css';

/** The report of a check: what `treadle run --ci` writes, to be looked at here. */
export function ReportDialog({ execution, onClose }: { execution: string; onClose(): void }): ReactElement {
  const found = useQuery(api(getCiReport, { params: { execution }, query: {} }));
  const report = found.data?.report;
  return (
    <Dialog
      open
      onClose={onClose}
      title={report ? `${report.pipeline}, execution ${report.number}` : 'Report'}
      {...(report ? { description: beside(report) } : {})}
      actions={
        <>
          {report?.links.evaluation !== undefined && (
            <Link
              to="/evaluations/$evaluation"
              params={{ evaluation: report.links.evaluation.split('/').at(-1) ?? '' }}
              search={{}}
            >
              The evaluation
            </Link>
          )}
          <Button look="primary" onClick={onClose}>
            Close
          </Button>
        </>
      }
    >
      {found.isPending ? (
        <Skeleton lines={8} />
      ) : found.isError ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : (
        <Report report={found.data.report} />
      )}
    </Dialog>
  );
}

const beside = ({ base }: CiReport): string =>
  base?.number === undefined
    ? 'There is no run before it to compare with.'
    : `Beside execution ${base.number} (${base.branch})${base.same_model ? ', whose model it is' : ''}.`;

const BANNER = { pass: 'good', fail: 'bad', undecided: 'warn' } as const;
const TONES: Readonly<Record<string, Tone>> = {
  pass: 'good',
  fail: 'bad',
  inconclusive: 'warn',
  better: 'good',
  worse: 'bad',
};

function Report({ report }: { report: CiReport }): ReactElement {
  const { verdict, summary, reasons, metrics, rules, data, proof } = report;
  return (
    <div className="stack report">
      <div className={`verdict verdict-${BANNER[verdict]}`} role="status">
        <Icon name={verdict === 'pass' ? 'check' : 'alert'} />
        <div>
          {summary}
          {reasons.map((reason) => (
            <p key={reason}>{reason}</p>
          ))}
        </div>
      </div>
      {data.length > 0 && (
        <>
          <h3>Data</h3>
          <ul className="report-list">
            {data.map(({ name, dataset, version, before, text, rows, rows_before: then }) => (
              <li key={name}>
                <strong>
                  {dataset}@{version}
                </strong>{' '}
                {before !== undefined && before !== version && `after ${before}: `}
                {text}
                {rows !== undefined &&
                  `, ${rows.toLocaleString('en')} rows${then === undefined || then === rows ? '' : `, ${then.toLocaleString('en')} before`}`}
              </li>
            ))}
          </ul>
        </>
      )}
      {metrics.length > 0 && (
        <>
          <h3>Metrics</h3>
          <Listing
            label="Metrics"
            bare
            rows={metrics}
            rowKey={({ name }) => name}
            columns={[
              { key: 'name', head: 'Metric', cell: ({ name }) => metricWord(name) },
              { key: 'now', head: 'Now', numeric: true, cell: ({ now }) => <Figure {...now} /> },
              {
                key: 'base',
                head: 'Before',
                numeric: true,
                cell: ({ base }) => (base ? <Figure {...base} /> : '–'),
              },
              {
                key: 'says',
                head: 'Change',
                cell: ({ says }) => <Badge tone={TONES[says] ?? 'neutral'}>{says}</Badge>,
              },
            ]}
          />
        </>
      )}
      {rules.length > 0 && (
        <>
          <h3>Rules of the gate</h3>
          <ul className="report-list">
            {rules.map((rule) => (
              <li key={rule.rule}>
                <Badge tone={TONES[rule.verdict] ?? 'neutral'}>{rule.verdict}</Badge> <code>{rule.rule}</code>{' '}
                {reasonWords(rule)}
              </li>
            ))}
          </ul>
        </>
      )}
      {proof && (
        <>
          <h3>Rows that training shares</h3>
          <ul className="report-list">
            <li>
              <Badge tone={TONES[proof.verdict] ?? 'neutral'}>{proof.verdict}</Badge> {proof.summary}
            </li>
            {[...proof.leaks, ...proof.warnings].map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function Figure({ value, low, high }: { value: number; low?: number; high?: number }): ReactElement {
  const ends = { ...(low === undefined ? {} : { low }), ...(high === undefined ? {} : { high }) };
  return (
    <>
      {formatNumber(value, 4)} <span className="faint">{intervalWords(ends)}</span>
    </>
  );
}
