import { sees } from '../../access/index.ts';
import { resolveRef } from '../../data/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { TreadleError } from '../../platform/errors/index.ts';
import type { MoveGuard, VersionUser } from '../../models/index.ts';
import type { Webhooks } from '../../platform/events/index.ts';
import type { Route } from '../../platform/http/index.ts';
import type { ArtifactGuard, FoundVersion } from '../../tracking/index.ts';
import { artifactRoutes } from './artifacts.ts';
import { assessmentRoutes } from './assessments.ts';
import { evaluationDatasetRoutes } from './evaluation-datasets.ts';
import { experimentRoutes } from './experiments.ts';
import { fileRoutes } from './files.ts';
import { loggedModelRoutes } from './logged-models.ts';
import { loggingRoutes } from './logging.ts';
import { metricRoutes } from './metrics.ts';
import { modelVersionRoutes } from './model-versions.ts';
import { otlpRoutes } from './otlp/index.ts';
import { peopleRoutes } from './people.ts';
import { registeredModelRoutes } from './registered-models.ts';
import { reviewRoutes } from './reviews.ts';
import { runRoutes } from './runs.ts';
import { scorerRoutes } from './scorers.ts';
import { serverRoutes } from './server-info.ts';
import { traceRoutes } from './traces.ts';
import { legacyTraceRoutes } from './traces-v2.ts';
import { webhookRoutes } from './webhooks.ts';

export { mlflowErrors } from './errors.ts';
export { mlflowWebhooks } from './webhook-events.ts';

interface Above {
  /** The rooms that model versions are needed by. */
  users: readonly VersionUser[];
  /** Those that say what may point at one. */
  guards: readonly MoveGuard[];
  /** Those that say which files stay as they are. */
  artifactGuards: readonly ArtifactGuard[];
  /** Forgets the password of a name, which is another from now on. */
  forgetPassword(name: string): void;
  webhooks: Webhooks;
}

/** All of MLflow's calls. Mount with `{ errors: mlflowErrors, anyJson: true }`. */
export function mlflowRoutes({ users, guards, artifactGuards, forgetPassword, webhooks }: Above): Route[] {
  const calls: Route[] = [
    ...experimentRoutes,
    ...runRoutes,
    ...loggingRoutes(findDatasetVersion),
    ...metricRoutes,
    ...artifactRoutes(artifactGuards),
    ...fileRoutes(artifactGuards),
    ...loggedModelRoutes,
    ...registeredModelRoutes(users, guards),
    ...modelVersionRoutes(users, guards),
    ...evaluationDatasetRoutes,
    ...scorerRoutes,
    ...reviewRoutes,
    ...peopleRoutes(forgetPassword),
    ...webhookRoutes(webhooks),
    ...otlpRoutes,
    ...traceRoutes,
    ...legacyTraceRoutes,
    ...assessmentRoutes,
  ].flat();
  return [...calls, ...serverRoutes(calls)];
}

/** Whether what a client calls its dataset is one of ours: most are not, and that is no error. */
async function findDatasetVersion(ctx: Ctx, ref: string): Promise<FoundVersion | undefined> {
  try {
    const version = await resolveRef(ctx, ref);
    // Of what they do not see they do not hear that it is there either.
    if (!sees(ctx, { kind: 'dataset', name: version.dataset })) return undefined;
    return { id: version.id, ref: `${version.dataset}@v${version.number}` };
  } catch (error) {
    if (error instanceof TreadleError && (error.kind === 'missing' || error.kind === 'invalid'))
      return undefined;
    throw error;
  }
}
