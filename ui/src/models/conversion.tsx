import { useMutation, useQuery } from '@tanstack/react-query';
import type { ReactElement, ReactNode } from 'react';
import { convertVersion, getConversion, type Conversion } from '../../../src/runtimes/contract.ts';
import { api, call } from '../api/client.ts';
import { Badge, type Tone } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { formatBytes, formatCount, formatNumber, plural } from '../kit/format.ts';
import { Section } from '../kit/page.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { sayError } from '../kit/toast.tsx';
import { refreshModel } from './refresh.ts';

const LOOK: Record<Conversion['state'], { tone: Tone; word: string }> = {
  none: { tone: 'neutral', word: 'none' },
  offered: { tone: 'neutral', word: 'offered' },
  queued: { tone: 'live', word: 'queued' },
  running: { tone: 'live', word: 'running' },
  kept: { tone: 'good', word: 'kept' },
  refused: { tone: 'warn', word: 'not kept' },
  failed: { tone: 'bad', word: 'failed' },
};

/** The ONNX form of a version: much quicker to answer, and kept only when it answers the same. */
export function OnnxForm({ model, version }: { model: string; version: number }): ReactElement | null {
  const params = { model, version: String(version) };
  const found = useQuery(api(getConversion, { params }, [`model_version:${model}/${version}`]));
  const converting = useMutation({
    mutationFn: () => call(convertVersion, { params }),
    onSuccess: () => refreshModel(model),
    onError: (error) => sayError('It could not be converted', error),
  });
  // Not every version has anything to convert, and that needs no words.
  if (!found.data || found.data.state === 'none') return null;
  const { tone, word } = LOOK[found.data.state];
  const idle = ['offered', 'refused', 'failed'].includes(found.data.state);
  return (
    <Section
      title="ONNX form"
      actions={
        <>
          <Badge tone={tone} dot>
            {word}
          </Badge>
          {idle && (
            <Button disabled={converting.isPending} onClick={() => converting.mutate()}>
              {found.data.state === 'offered' ? 'Convert' : 'Convert again'}
            </Button>
          )}
        </>
      }
    >
      <p>{wordsOf(found.data)}</p>
      {found.data.reason !== undefined && <p className="muted">{found.data.reason}</p>}
      {found.data.probes && <Asked probes={found.data.probes} />}
    </Section>
  );
}

const KINDS: Record<string, string> = {
  example: 'its example',
  around: 'random rows around the example',
  threshold: 'values on and beside thresholds',
  training: 'rows that the model keeps from training',
  missing: 'missing numbers',
  infinite: 'infinite numbers',
  extreme: 'zero, tiny and huge numbers',
  large: 'numbers beyond float32',
  category: 'known words in each column',
  'unseen text': 'words that it never saw',
  'empty text': 'empty text',
  'other text': 'other scripts, accents, signs and case',
  'left out': 'optional inputs left out',
};

/** Which rows both forms were asked; what the model refuses, its ONNX form refuses, too. */
function Asked({ probes }: { probes: NonNullable<Conversion['probes']> }): ReactElement {
  return (
    <p className="muted small">
      Asked were{' '}
      {Object.entries(probes)
        .map(
          ([kind, { rows, refused }]) =>
            `${KINDS[kind] ?? kind} (${formatCount(rows)}${refused === 0 ? '' : refused === rows ? ', the model refuses them' : `, of which the model refuses ${formatCount(refused)}`})`,
        )
        .join(', ')}
      .
    </p>
  );
}

function wordsOf(conversion: Conversion): ReactNode {
  const { state, largest_difference: difference, tolerance, rows, size, ended_at: ended } = conversion;
  const compared =
    difference === undefined ? undefined : difference === 0 ? (
      <>its answers are the same{rows !== undefined && <> on {plural(rows, 'row')}</>}</>
    ) : (
      <>
        its answers differ by {formatNumber(difference, 2)} at most
        {rows !== undefined && <> on {plural(rows, 'row')}</>}, where {formatNumber(tolerance, 2)} is allowed
      </>
    );
  switch (state) {
    case 'kept':
      return (
        <>
          What is deployed from now on answers with it: {compared ?? 'its answers agree'}.{' '}
          <span className="faint">
            {size !== undefined && <>{formatBytes(size)}, </>}
            {ended !== undefined && (
              <>
                made <TimeAgo time={ended} />
              </>
            )}
          </span>
        </>
      );
    case 'refused':
      return <>It was made and not kept: {compared ?? 'its answers differ'}.</>;
    case 'failed':
      return 'It could not be made. Endpoints answer by a Python host.';
    case 'offered':
      return 'It can be made: endpoints would answer many times quicker. It is kept only if it answers the same.';
    default:
      return 'It is being made, and compared with the model’s own answers.';
  }
}
