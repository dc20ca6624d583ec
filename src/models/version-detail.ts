import type { Ctx } from '../platform/ctx/index.ts';
import { TreadleError } from '../platform/errors/index.ts';
import { walkLineage } from '../ledger/index.ts';
import type { Run } from '../tracking/contract.ts';
import { getRun } from '../tracking/index.ts';
import type { VersionDetail } from './contract.ts';
import { listModelFiles } from './files.ts';
import { findVersionBy } from './find-version.ts';
import { filesDigest } from './read-facts.ts';
import { versionRef } from './store.ts';
import { findLoggedModel, toLoggedModel } from './store-logged-models.ts';
import { toVersion } from './store-versions.ts';

const MOST_FILES = 1000;

/** A version with all that answers where it comes from: files, run, data, and the ledger's lineage upwards. */
export async function versionDetail(ctx: Ctx, name: string, which: string): Promise<VersionDetail> {
  const row = await findVersionBy(ctx, name, which);
  const [version, files, logged, run, lineage] = await Promise.all([
    toVersion(ctx, row),
    listModelFiles(ctx, row.location),
    row.logged_model_id === null ? undefined : findLoggedModel(ctx, row.logged_model_id, true),
    row.run_id === null ? undefined : findRun(ctx, row.run_id),
    walkLineage(ctx, versionRef(row.ref, row.version), { direction: 'up', depth: 8 }),
  ]);
  return {
    version,
    files: files.slice(0, MOST_FILES),
    ...(version.facts === undefined ? {} : { files_changed: version.facts.digest !== filesDigest(files) }),
    ...(logged ? { logged_model: await toLoggedModel(ctx, logged) } : {}),
    ...(run ? { run: summary(run) } : {}),
    lineage: lineage.edges.map(({ from, to, relation }) => ({ from, to, relation })),
  };
}

/** A run that is gone is no reason to show nothing of the version. */
export async function findRun(ctx: Ctx, id: string): Promise<Run | undefined> {
  try {
    return await getRun(ctx, id);
  } catch (error) {
    if (error instanceof TreadleError && error.kind === 'missing') return undefined;
    throw error;
  }
}

function summary(run: Run): NonNullable<VersionDetail['run']> {
  return {
    id: run.id,
    name: run.name,
    experiment_id: run.experiment,
    status: run.status,
    metrics: Object.fromEntries(run.metrics.map(({ key, last }) => [key, last])),
    params: run.params,
    datasets: run.inputs.map(({ name, digest, context, version, version_ref }) => ({
      name,
      digest,
      ...(context === undefined ? {} : { context }),
      ...(version === undefined ? {} : { version }),
      ...(version_ref === undefined ? {} : { version_ref }),
    })),
  };
}
