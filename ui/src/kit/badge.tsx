import type { ReactElement, ReactNode } from 'react';
import './badge.css';

export type Tone = 'neutral' | 'accent' | 'good' | 'warn' | 'bad' | 'live';

export function Badge({
  tone = 'neutral',
  dot = false,
  children,
}: {
  tone?: Tone;
  dot?: boolean;
  children: ReactNode;
}): ReactElement {
  return (
    <span className={`badge badge-${tone}`}>
      {dot && <span className="badge-dot" aria-hidden="true" />}
      {children}
    </span>
  );
}

const TONES: Record<string, Tone> = {
  running: 'live',
  scheduled: 'neutral',
  queued: 'neutral',
  pending: 'neutral',
  finished: 'good',
  succeeded: 'good',
  ready: 'good',
  cached: 'good',
  done: 'good',
  good: 'good',
  failed: 'bad',
  ok: 'good',
  error: 'bad',
  'in progress': 'live',
  bad: 'bad',
  killed: 'warn',
  cancelled: 'warn',
  rejected: 'warn',
  live: 'good',
  preparing: 'live',
  'could not be done': 'bad',
  skipped: 'neutral',
  held: 'warn',
  requested: 'neutral',
  judging: 'live',
  judged: 'live',
  promoted: 'live',
  deploying: 'live',
  'rolling out': 'live',
  'rolled back': 'warn',
};

/** `rolling_out` is how programs write it. */
const wordsOf = (status: string): string => status.toLowerCase().replaceAll('_', ' ');

/** The tone that a status word has everywhere. */
export function statusTone(status: string): Tone {
  return TONES[wordsOf(status)] ?? 'neutral';
}

export function Status({ status }: { status: string }): ReactElement {
  return (
    <Badge tone={statusTone(status)} dot>
      {wordsOf(status)}
    </Badge>
  );
}
