import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { LiveSecond } from '../../../src/serving/contract.ts';
import { formatCount, formatNumber, plural } from '../kit/format.ts';
import { Listing } from '../kit/listing.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { shadowsOf } from './live-window.ts';

/** What a shadow would have answered otherwise, in numbers and by example. */
export function ShadowView({ seconds }: { seconds: readonly LiveSecond[] }): ReactElement {
  const shadows = shadowsOf(seconds);
  if (shadows.length === 0) {
    return (
      <p className="muted">
        Nothing was compared in the last five minutes. A shadow is asked copies of what callers ask; its
        answers reach nobody.
      </p>
    );
  }
  return (
    <div className="stack">
      {shadows.map((shadow) => (
        <section key={shadow.name} className="stack" aria-label={`Differences of ${shadow.name}`}>
          <p>
            <strong>{shadow.name}</strong> was compared on {plural(shadow.pairs, 'answer')} in the last five
            minutes:{' '}
            {shadow.different === 0 ? (
              'all are the same to 1e−6.'
            ) : (
              <>
                <strong>{formatCount(shadow.different)}</strong> differ (
                {formatNumber((100 * shadow.different) / Math.max(1, shadow.pairs), 3)} %), at most by{' '}
                {formatNumber(shadow.largest, 4)}.
              </>
            )}{' '}
            {shadow.dropped > 0 && (
              <span className="muted">
                {plural(shadow.dropped, 'copy', 'copies')} not asked: it was busy.
              </span>
            )}
          </p>
          {shadow.examples.length > 0 && (
            <Listing
              label={`Differing answers of ${shadow.name}`}
              rows={shadow.examples}
              rowKey={({ prediction }) => prediction}
              columns={[
                {
                  key: 'prediction',
                  head: 'Prediction',
                  cell: ({ prediction }) => (
                    <Link to="/predictions/$prediction" params={{ prediction }}>
                      <code>{prediction}</code>
                    </Link>
                  ),
                },
                { key: 'champion', head: 'Primary said', cell: ({ champion }) => <Said value={champion} /> },
                { key: 'shadow', head: 'Shadow said', cell: ({ shadow: said }) => <Said value={said} /> },
                { key: 'at', head: 'When', cell: ({ at }) => <TimeAgo time={at} /> },
              ]}
            />
          )}
        </section>
      ))}
    </div>
  );
}

function Said({ value }: { value: unknown }): ReactElement {
  const text = JSON.stringify(value) ?? '–';
  return (
    <code className="said" title={text}>
      {text.length > 160 ? `${text.slice(0, 160)}…` : text}
    </code>
  );
}
