import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { CodeBlock } from '../kit/code-block.tsx';
import { formatNumber } from '../kit/format.ts';
import { KeyValue } from '../kit/key-value.tsx';
import { TimeAgo } from '../kit/time.tsx';
import type { Answered, Output } from './ask-endpoint.ts';

/** What came back: the newest whole, those before it as a line each. Every one leads to where it came from. */
export function Answers({
  endpoint,
  answers: [newest, ...before],
}: {
  endpoint: string;
  answers: readonly Answered[];
}): ReactElement {
  if (!newest) {
    return <p className="muted">Nothing was asked from here yet. What {endpoint} answers appears here.</p>;
  }
  return (
    <div className="stack" role="status">
      {newest.outputs !== undefined && newest.outputs.length > 0 && (
        <dl className="outputs">
          {newest.outputs.map((output) => (
            <div key={output.name}>
              <dt>
                {output.name} <span className="faint">{typeOf(output)}</span>
              </dt>
              <dd>{shown(output)}</dd>
            </div>
          ))}
        </dl>
      )}
      <KeyValue
        entries={[
          [
            'Prediction',
            newest.prediction !== undefined && (
              <span key="id" className="row row-wrap">
                <Link to="/predictions/$prediction" params={{ prediction: newest.prediction }}>
                  <code>{newest.prediction}</code>
                </Link>
                <span className="faint">where it came from</span>
              </span>
            ),
          ],
          ['Answered by', said(newest)],
          ['Took', `${formatNumber(newest.ms, 3)} ms, as seen from this browser`],
        ]}
      />
      <details>
        <summary>The whole answer</summary>
        <CodeBlock label="The whole answer" text={newest.text} maxHeight={320} />
      </details>
      {before.length > 0 && (
        <ul className="answers-before">
          {before.map((answer) => (
            <li key={`${answer.at} ${answer.prediction ?? ''}`} className="row">
              <span className="truncate">{summary(answer)}</span>
              <span className="spacer" />
              <span className="faint nowrap">{said(answer)}</span>
              <span className="faint nowrap">{formatNumber(answer.ms, 3)} ms</span>
              {answer.prediction !== undefined && (
                <Link
                  to="/predictions/$prediction"
                  params={{ prediction: answer.prediction }}
                  aria-label={`Where prediction ${answer.prediction} came from`}
                  className="nowrap"
                >
                  <TimeAgo time={answer.at} />
                </Link>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function said({ version, revision }: Answered): string | undefined {
  return version === undefined && revision === undefined
    ? undefined
    : [version && `v${version.replace(/^v/, '')}`, revision && `revision ${revision}`]
        .filter(Boolean)
        .join(', ');
}

function typeOf({ datatype, shape }: Output): string {
  return shape.reduce((a, b) => a * b, 1) === 1 ? datatype : `${datatype} [${shape.join(', ')}]`;
}

function shown({ data }: Output): string {
  const some = data
    .slice(0, 24)
    .map((value) => (typeof value === 'number' ? formatNumber(value, 6) : text(value)));
  return data.length > 24 ? `${some.join(', ')} … ${data.length} values` : some.join(', ');
}

function summary({ outputs, text: all }: Answered): string {
  return outputs === undefined || outputs.length === 0
    ? all.slice(0, 120)
    : outputs.map((output) => `${output.name} ${shown(output)}`).join(', ');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
