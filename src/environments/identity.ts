import { createHash } from 'node:crypto';
import { canonical } from '../platform/json/index.ts';
import type { Observed } from './probe.ts';

/** What identifies an environment: the lock it was made from and what was then observed in it. */
export interface EnvironmentIdentity {
  kind: 'system' | 'requirements' | 'uv';
  /** Digest of the lock file; empty for the system's own. */
  lock: string;
  /** `CPython 3.12.4`; empty where there is no Python. */
  interpreter: string;
  /** `linux x86_64 glibc-2.36`. */
  platform: string;
  /** Digest of the observed packages and their versions. */
  packages: string;
}

export const identify = (
  kind: EnvironmentIdentity['kind'],
  lock: string,
  observed: Observed | undefined,
): EnvironmentIdentity => ({
  kind,
  lock,
  interpreter: observed?.interpreter ?? '',
  platform: observed?.platform ?? `${process.platform} ${process.arch}`,
  packages: createHash('sha256')
    .update(canonical(observed?.packages ?? {}))
    .digest('hex'),
});
