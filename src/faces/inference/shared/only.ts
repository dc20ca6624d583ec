import { invalid, missing } from '../../../platform/errors/index.ts';
import type { PlaneDoor, Served } from '../../../serving/index.ts';

/** The endpoint that paths without a name mean: the only one, or the one called `default`. */
export function endpointOf(door: PlaneDoor, workspace: string, named: string | undefined): Served {
  if (named !== undefined) {
    const served = door.find(workspace, named);
    if (!served)
      throw missing(`there is no endpoint '${named}'`, {
        field: 'endpoint',
        hint: 'treadle endpoints lists them',
      });
    return served;
  }
  const fallback = door.find(workspace, 'default');
  if (fallback) return fallback;
  const all = door.list(workspace);
  const [only] = all;
  if (!only) throw missing('there is no endpoint yet', { hint: 'treadle deploy makes one' });
  if (all.length > 1)
    throw invalid(`there are ${all.length} endpoints, and this path names none`, {
      field: 'endpoint',
      hint: `ask /endpoints/NAME/invocations; NAME is one of ${all
        .slice(0, 10)
        .map(({ endpoint }) => endpoint.name)
        .join(', ')}`,
    });
  return only;
}
