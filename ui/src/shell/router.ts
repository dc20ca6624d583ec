import { createRouter } from '@tanstack/react-router';
import { alertRoutes } from '../alerts/routes.ts';
import { approvalRoutes } from '../approvals/routes.ts';
import { environmentRoutes } from '../promotions/routes.ts';
import { experimentRoutes } from '../experiments/routes.ts';
import { gitHostRoutes } from '../githosts/routes.ts';
import { homeRoutes } from '../home/routes.ts';
import { runRoutes } from '../runs/routes.ts';
import { compareRoutes } from '../compare/routes.ts';
import { ledgerRoutes } from '../ledger/routes.ts';
import { endpointRoutes } from '../endpoints/routes.ts';
import { evaluationRoutes } from '../evaluations/routes.ts';
import { predictionRoutes } from '../predictions/routes.ts';
import { loopRoutes } from '../loops/routes.ts';
import { modelRoutes } from '../models/routes.ts';
import { datasetRoutes } from '../datasets/routes.ts';
import { pipelineRoutes } from '../pipelines/routes.ts';
import { releaseRoutes } from '../releases/routes.ts';
import { settingsRoutes } from '../settings/routes.ts';
import { traceRoutes } from '../traces/routes.ts';
import { parseSearch, stringifySearch } from '../kit/url-state.ts';
import { Crash, Pending } from './crash.tsx';
import { root } from './root.ts';

/** All pages of the UI. A new room adds its routes here and its entry in `rooms.ts`. */
export const router = createRouter({
  routeTree: root.addChildren([
    ...homeRoutes,
    ...experimentRoutes,
    ...runRoutes,
    ...traceRoutes,
    ...compareRoutes,
    ...datasetRoutes,
    ...modelRoutes,
    ...evaluationRoutes,
    ...endpointRoutes,
    ...predictionRoutes,
    ...environmentRoutes,
    ...approvalRoutes,
    ...alertRoutes,
    ...pipelineRoutes,
    ...releaseRoutes,
    ...loopRoutes,
    ...ledgerRoutes,
    ...settingsRoutes,
    ...gitHostRoutes,
  ]),
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  defaultErrorComponent: Crash,
  defaultPendingComponent: Pending,
  defaultPendingMs: 200,
  scrollRestoration: true,
  scrollToTopSelectors: ['#main'],
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
