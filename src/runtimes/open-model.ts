import type { Log } from '../platform/log/index.ts';
import type { Processes } from '../platform/processes/index.ts';
import type { LoadedModel, ModelPlace } from './model.ts';

/**
 * Loads a packaged model in this process: ONNX in threads, anything else in Python processes of its own. Ready when the promise
 * resolves; rejects with a ModelFault that says why it cannot be loaded. The runtimes are fetched when the first model asks.
 */
export async function openModel(
  place: ModelPlace,
  { processes, log }: { processes: Processes; log: Log },
): Promise<LoadedModel> {
  if (place.runtime === 'onnx') return (await import('./onnx/open.ts')).openOnnx(place, { processes, log });
  return (await import('./python/open.ts')).openPython(place, { processes, log });
}
