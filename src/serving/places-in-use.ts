import type { Ctx } from '../platform/ctx/index.ts';
import type { ModelPlace } from '../runtimes/index.ts';
import { selectPlacesInUse } from './store.ts';

/** Folders of models, and their interpreters, that some endpoint has or may go back to. */
export async function placesInUse(ctx: Ctx): Promise<string[]> {
  const places = (await selectPlacesInUse(ctx)).flatMap((text) => JSON.parse(text) as ModelPlace[]); // written by us
  return places.flatMap(({ folder, python }) => (python === undefined ? [folder] : [folder, python]));
}
