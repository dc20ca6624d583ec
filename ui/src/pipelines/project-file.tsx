import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, type ReactElement } from 'react';
import { getExecutionFile } from '../../../src/pipelines/contract.ts';
import { api } from '../api/client.ts';
import { CopyButton } from '../kit/code-block.tsx';
import { Failure } from '../kit/failure.tsx';
import { Skeleton } from '../kit/page.tsx';
import { stepLines, yamlPieces } from './yaml-lines.ts';

/** The treadle.yaml that was run, the chosen step marked in it. */
export function ProjectFile({
  execution,
  step,
}: {
  execution: string;
  step: string | undefined;
}): ReactElement {
  const file = useQuery({ ...api(getExecutionFile, { params: { execution } }), staleTime: Infinity });
  const marked = useRef<HTMLSpanElement>(null);
  const lines = file.data?.replace(/\n$/, '').split('\n') ?? [];
  const place = step === undefined ? undefined : stepLines(lines, step);
  // In braces: newer browsers answer with a promise, which React would take for a clean-up.
  useEffect(() => {
    marked.current?.scrollIntoView({ block: 'nearest' });
  }, [step, file.data]);
  if (file.isPending) return <Skeleton lines={8} />;
  if (file.isError) return <Failure error={file.error} retry={() => void file.refetch()} />;
  return (
    <div className="code-block project-file">
      {/* Scrolls, so it takes focus. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0} role="region" aria-label="treadle.yaml">
        <code>
          {lines.map((line, i) => {
            const here = place !== undefined && i >= place.first && i <= place.last;
            return (
              <span
                key={i}
                ref={place?.first === i ? marked : undefined}
                className={`yaml-line${here ? ' yaml-here' : ''}`}
              >
                <span className="log-number" aria-hidden="true">
                  {i + 1}
                </span>
                {yamlPieces(line).map(({ kind, text }, j) => (
                  <span key={j} className={`yaml-${kind}`}>
                    {text}
                  </span>
                ))}
                {'\n'}
              </span>
            );
          })}
        </code>
      </pre>
      <CopyButton text={file.data} label="Copy the file" />
    </div>
  );
}
