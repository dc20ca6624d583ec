import type { Log } from '../../platform/log/index.ts';
import type { Processes } from '../../platform/processes/index.ts';
import { ModelFault, type LoadedModel, type ModelPlace } from '../model.ts';

export async function openPython(
  place: ModelPlace,
  _: { processes: Processes; log: Log },
): Promise<LoadedModel> {
  throw new ModelFault(`there is no Python runtime yet for ${place.key}`);
}
