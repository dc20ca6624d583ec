import type { ReactElement, ReactNode } from 'react';
import type { Run } from '../../../src/tracking/contract.ts';
import { CodeBlock } from '../kit/code-block.tsx';
import { KeyValue } from '../kit/key-value.tsx';
import { Empty, Section } from '../kit/page.tsx';

/** With which code, on what machine and packages: what must be known to do it again. */
export function Environment({ run }: { run: Run }): ReactElement {
  const tags = Object.entries(run.tags).filter(([key]) => key.startsWith('mlflow.source.'));
  if (!run.code && !run.environment && tags.length === 0) {
    return (
      <Empty icon="code" title="Neither code nor environment was recorded">
        <p>A step of a pipeline records both, so that the run can be repeated:</p>
        <CodeBlock prompt label="Command that runs a pipeline" text="treadle run" />
      </Empty>
    );
  }
  return (
    <div className="columns">
      <Section title="Code">
        {run.code && <Facts facts={run.code} />}
        {tags.length > 0 && (
          <KeyValue
            entries={tags.map(([key, value]) => [
              key.slice('mlflow.source.'.length).replaceAll('.', ' '),
              <code key={key}>{value}</code>,
            ])}
          />
        )}
        {!run.code && tags.length === 0 && <p className="muted">Not recorded.</p>}
      </Section>
      <Section title="Environment">
        {run.environment ? <Facts facts={run.environment} /> : <p className="muted">Not recorded.</p>}
      </Section>
    </div>
  );
}

/** Facts as they came: words in rows, lists and long texts as blocks to scroll and copy. */
export function Facts({ facts }: { facts: Readonly<Record<string, unknown>> }): ReactElement {
  const rows: [string, ReactNode][] = [];
  const blocks: [string, string][] = [];
  for (const [name, value] of Object.entries(facts)) {
    const text = factText(value);
    if (text.includes('\n') || text.length > 160) blocks.push([name, text]);
    else rows.push([name.replaceAll('_', ' '), <code key={name}>{text}</code>]);
  }
  return (
    <div className="stack">
      <KeyValue entries={rows} />
      {blocks.map(([name, text]) => (
        <div key={name} className="stack" style={{ gap: 5 }}>
          <h3>{name.replaceAll('_', ' ')}</h3>
          <CodeBlock text={text} label={name} maxHeight={320} />
        </div>
      ))}
    </div>
  );
}

function factText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(factText).join('\n');
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .sort(([a], [b]) => a.localeCompare(b, 'en'))
      .map(([key, inner]) => `${key}: ${factText(inner)}`)
      .join('\n');
  }
  return String(value);
}
