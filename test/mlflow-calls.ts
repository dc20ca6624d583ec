import { mlflowRoutes } from '../src/faces/mlflow/index.ts';
import { createWebhooks } from '../src/platform/events/index.ts';
import type { Endpoint } from '../src/platform/http/contract.ts';
import { createOutbound } from '../src/platform/outbound/index.ts';

/** What MLflow's face declares, for who goes through all of it: nothing of this is ever called. */
export const mlflowCalls = (): Endpoint[] =>
  mlflowRoutes({
    users: [],
    guards: [],
    artifactGuards: [],
    forgetPassword: () => undefined,
    webhooks: createWebhooks(createOutbound({ allow: [] })),
  }).map(({ endpoint }) => endpoint);
