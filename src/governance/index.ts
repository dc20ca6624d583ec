import { route, type Route } from '../platform/http/index.ts';
import type { ServingTellers } from '../serving/index.ts';
import { getPredictionLineage } from './contract.ts';
import { predictionStory } from './prediction-story.ts';
import { roomsOf } from './rooms.ts';

export {
  APPROVAL_CAUSES,
  guardFiles,
  guardMoves,
  migrations,
  openApprovals,
  type Approvals,
} from './approvals/index.ts';
export { subjects } from './subjects.ts';

/** `serving` knows the keys of prediction ids and what goes on with a revision, which no row says. */
export function governanceRoutes(serving: ServingTellers): Route[] {
  const rooms = roomsOf(serving);
  return [route(getPredictionLineage, (ctx, { params }) => predictionStory(ctx, params.prediction, rooms))];
}
