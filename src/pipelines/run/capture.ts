import type { Environment } from '../../environments/index.ts';
import type { GitState } from '../contract.ts';
import type { Step } from '../file/definition.ts';
import type { ExecutionRow } from '../store.ts';
import type { Machine } from './machine.ts';

/** Larger diffs are in the execution; the run says where. */
const DIFF_IN_RUN = 64 * 1024;

/** What code a run ran: the snapshot, and where it stood in git. */
export function capturedCode(execution: ExecutionRow, step: Step | undefined, digest: string): object {
  const { git } = JSON.parse(execution.code) as { git?: GitState };
  return {
    ...(git ? { commit: git.commit, branch: git.branch, remote: git.remote, dirty: git.dirty } : {}),
    ...(git?.diff !== undefined && git.diff.length <= DIFF_IN_RUN ? { diff: git.diff } : {}),
    digest,
    manifest: execution.manifest,
    ...(step ? { command: step.run, step: step.name } : {}),
    pipeline: execution.pipeline,
    execution: execution.id,
  };
}

/** In what a run ran: lock, what was really installed, machine, and the variables that can change a number. */
export function capturedEnvironment(
  environment: Environment,
  machine: Machine,
  determinism: Record<string, string>,
): object {
  const { identity, observed } = environment;
  return {
    kind: identity.kind,
    ...(identity.lock === '' ? {} : { lock: identity.lock }),
    interpreter: identity.interpreter,
    platform: identity.platform,
    packages: observed?.packages ?? {},
    machine,
    variables: determinism,
  };
}
