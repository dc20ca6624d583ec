import type { CommitCheck, GitHostKind } from '../../../src/githosts/contract.ts';
import type { Tone } from '../kit/badge.tsx';

/** How connections and checks are spoken of. Pure. */

export const KIND_WORDS: Readonly<Record<GitHostKind, string>> = {
  github: 'GitHub',
  gitlab: 'GitLab',
  gitea: 'Gitea or Forgejo',
};

export const CHECK_SUBJECTS = ['git_check:*', 'git_host:*'];

/** What is shown of the list. */
export const SHOWN = {
  pass: { verdict: 'pass' },
  fail: { verdict: 'fail' },
  undecided: { verdict: 'undecided' },
  failed: { state: 'failed' },
  running: { state: 'running' },
  waiting: { state: 'waiting' },
} as const;
export type Shown = keyof typeof SHOWN;

export const SHOWN_WORDS: ReadonlyArray<{ value: Shown | ''; label: string }> = [
  { value: '', label: 'all' },
  { value: 'pass', label: 'passed' },
  { value: 'fail', label: 'refused' },
  { value: 'undecided', label: 'undecided' },
  { value: 'failed', label: 'could not be run' },
  { value: 'running', label: 'running' },
  { value: 'waiting', label: 'waiting' },
];

export const checkStands = ({ state, verdict }: CommitCheck): string =>
  state === 'done' ? (verdict ?? 'done') : state === 'failed' ? 'not run' : state;

export function checkTone({ state, verdict }: CommitCheck): Tone {
  if (state === 'failed' || verdict === 'fail') return 'bad';
  if (state === 'running') return 'live';
  if (state === 'waiting') return 'neutral';
  return verdict === 'pass' ? 'good' : 'warn';
}
