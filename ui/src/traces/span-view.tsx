import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { SpanView } from '../../../src/traces/contract.ts';
import { Badge, Status } from '../kit/badge.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { formatCount, formatDuration } from '../kit/format.ts';
import { KeyValue } from '../kit/key-value.tsx';
import { formatCost, messagesIn, valueText } from './span-tree.ts';

/** One span with all that it says. */
export function SpanDetails({
  span,
  offset,
  ms,
}: {
  span: SpanView;
  offset: number;
  ms: number | undefined;
}): ReactElement {
  const exceptions = span.events.filter(({ name }) => name === 'exception');
  const events = span.events.filter(({ name }) => name !== 'exception');
  const attributes = Object.entries(span.attributes).filter(([, value]) => value !== undefined);
  return (
    <div className="stack span-details">
      <h2 className="row row-wrap">
        <span className="span-name">{span.name}</span>
        {span.type !== undefined && span.type !== 'UNKNOWN' && (
          <Badge>{span.type.toLowerCase().replaceAll('_', ' ')}</Badge>
        )}
        {span.status !== 'unset' && <Status status={span.status} />}
      </h2>
      <KeyValue
        entries={[
          ['Took', ms === undefined ? 'still running' : formatDuration(ms)],
          ['Began', `${formatDuration(offset)} in`],
          ['Model', span.model],
          [
            'Tokens',
            span.tokens &&
              `${formatCount(span.tokens['total_tokens'] ?? 0)} (${formatCount(span.tokens['input_tokens'] ?? 0)} in, ${formatCount(span.tokens['output_tokens'] ?? 0)} out)`,
          ],
          ['Cost', span.cost?.['total_cost'] !== undefined && formatCost(span.cost['total_cost'])],
        ]}
      />
      {span.message !== undefined && span.status === 'error' && exceptions.length === 0 && (
        <p className="notice verdict-bad">{span.message}</p>
      )}
      {exceptions.map(({ time, attributes: says }) => (
        <section key={time} aria-label="Exception" className="span-exception">
          <h3>
            {textOf(says['exception.type']) ?? 'Exception'}: {textOf(says['exception.message']) ?? ''}
          </h3>
          {textOf(says['exception.stacktrace']) !== undefined && (
            <CodeBlock text={textOf(says['exception.stacktrace'])!} label="Stack trace" maxHeight={280} />
          )}
        </section>
      ))}
      <Content title="Inputs" value={span.inputs} />
      <Content title="Outputs" value={span.outputs} />
      {events.length > 0 && (
        <section aria-label="Events">
          <h3>Events</h3>
          <ul className="span-events">
            {events.map((event, i) => (
              <li key={i}>
                <span className="faint">
                  {formatDuration(Number(BigInt(event.time) - BigInt(span.start)) / 1e6)}
                </span>{' '}
                <strong>{event.name}</strong>{' '}
                {Object.keys(event.attributes).length > 0 && <code>{JSON.stringify(event.attributes)}</code>}
              </li>
            ))}
          </ul>
        </section>
      )}
      {attributes.length > 0 && (
        <section aria-label="Attributes">
          <h3>Attributes</h3>
          <KeyValue
            entries={attributes
              .toSorted(([a], [b]) => (a < b ? -1 : 1))
              .map(([key, value]) => [
                <code key={key}>{key}</code>,
                <span key={`${key}=`} className="written span-value">
                  {cutLong(valueText(value))}
                </span>,
              ])}
          />
        </section>
      )}
      {span.links.length > 0 && (
        <section aria-label="Links">
          <h3>Links</h3>
          <ul>
            {span.links.map((link) => (
              <li key={`${link.trace}/${link.span}`}>
                <Link to="/traces/$trace" params={{ trace: link.trace }} search={{ span: link.span }}>
                  {link.trace}
                </Link>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** A megabyte of text in a page helps nobody. */
const LONGEST = 20_000;
const cutLong = (text: string): string =>
  text.length > LONGEST
    ? `${text.slice(0, LONGEST)}\n… ${formatCount(text.length - LONGEST)} more characters`
    : text;

function Content({ title, value }: { title: string; value: unknown }): ReactElement | null {
  if (value === undefined) return null;
  const messages = messagesIn(value);
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      {messages ? (
        <ol className="span-chat">
          {messages.map(({ role, content }, i) => (
            <li key={i} data-role={role}>
              <span className="faint">{role}</span>
              <div className="written">{cutLong(content)}</div>
            </li>
          ))}
        </ol>
      ) : (
        <CodeBlock text={cutLong(valueText(value))} label={title} maxHeight={320} />
      )}
    </section>
  );
}
