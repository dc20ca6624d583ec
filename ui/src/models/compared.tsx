import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { Comparison, ModelVersion } from '../../../src/models/contract.ts';
import { Badge } from '../kit/badge.tsx';
import { formatNumber } from '../kit/format.ts';
import { Empty, Section } from '../kit/page.tsx';
import { ChangeTable } from '../ledger/change-table.tsx';
import { groupDifferences, type MetricDifference } from './differences.ts';
import './models.css';
import '../kit/listing.css';

/** All that differs between two versions: metrics, parameters, data, signature, files. */
export function Compared({ comparison }: { comparison: Comparison }): ReactElement {
  const { a, b, same_files: same, files } = comparison;
  const groups = groupDifferences(comparison.differences);
  const changed = files.added.length + files.removed.length + files.changed.length;
  return (
    <>
      <p>
        <VersionLink version={a} /> → <VersionLink version={b} />:{' '}
        {same ? (
          <>
            the files are equal, byte for byte. <Badge tone="good">same files</Badge>
          </>
        ) : changed === 0 ? (
          'the files of one of them are not here.'
        ) : (
          `${[files.changed.length > 0 && `${files.changed.length} changed`, files.added.length > 0 && `${files.added.length} added`, files.removed.length > 0 && `${files.removed.length} removed`].filter(Boolean).join(', ')} among their files.`
        )}
      </p>
      {groups.metrics.length > 0 && (
        <Section title="Metrics">
          <MetricTable rows={groups.metrics} a={a} b={b} />
        </Section>
      )}
      {groups.other.map(({ title, before, after }) => (
        <Section key={title} title={title}>
          <ChangeTable
            label={title}
            before={before}
            after={after}
            beforeName={`v${a.version}`}
            afterName={`v${b.version}`}
          />
        </Section>
      ))}
      {changed > 0 && (
        <Section title="Files">
          <ul className="file-changes">
            {files.changed.map((path) => (
              <li key={path}>
                <Badge tone="warn">changed</Badge> <code>{path}</code>
              </li>
            ))}
            {files.added.map((path) => (
              <li key={path}>
                <Badge tone="good">added</Badge> <code>{path}</code>
              </li>
            ))}
            {files.removed.map((path) => (
              <li key={path}>
                <Badge tone="bad">removed</Badge> <code>{path}</code>
              </li>
            ))}
          </ul>
        </Section>
      )}
      {groups.metrics.length === 0 && groups.other.length === 0 && changed === 0 && (
        <Empty icon="check" title="Nothing differs">
          <p>Metrics, parameters, data, signature and files are the same.</p>
        </Empty>
      )}
    </>
  );
}

function VersionLink({ version }: { version: ModelVersion }): ReactElement {
  return (
    <Link
      to="/models/$model/versions/$version"
      params={{ model: version.model, version: String(version.version) }}
    >
      v{version.version}
      {version.aliases.length > 0 && ` (${version.aliases.join(', ')})`}
    </Link>
  );
}

/** Both values and, drawn to one scale, how far the second lies from the first. Whether that is good, people know. */
function MetricTable({
  rows,
  a,
  b,
}: {
  rows: readonly MetricDifference[];
  a: ModelVersion;
  b: ModelVersion;
}): ReactElement {
  const most = Math.max(...rows.map(({ relative }) => Math.abs(relative ?? 0)), 1e-12);
  return (
    // Scrolls sideways, so it takes focus.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="listing listing-bare" tabIndex={0} role="group" aria-label="Metrics of both versions">
      <table>
        <thead>
          <tr>
            <th scope="col">Metric</th>
            <th scope="col" className="num">
              v{a.version}
            </th>
            <th scope="col" className="num">
              v{b.version}
            </th>
            <th scope="col" className="num">
              Difference
            </th>
            <th scope="col" className="wide-only">
              Relative
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key}>
              <th scope="row">{row.key}</th>
              <td className="num">{row.a === undefined ? '–' : formatNumber(row.a)}</td>
              <td className="num">{row.b === undefined ? '–' : formatNumber(row.b)}</td>
              <td className="num">
                {row.difference === undefined
                  ? '–'
                  : `${row.difference > 0 ? '+' : ''}${formatNumber(row.difference)}`}
              </td>
              <td className="wide-only">
                {row.relative !== undefined && (
                  <span className="delta">
                    <span className="delta-track" aria-hidden="true">
                      <span
                        className={row.relative < 0 ? 'delta-down' : 'delta-up'}
                        style={{ width: `${(Math.abs(row.relative) / most) * 50}%` }}
                      />
                    </span>
                    <span className="num">
                      {row.relative > 0 ? '+' : ''}
                      {formatNumber(row.relative * 100, 3)} %
                    </span>
                  </span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
