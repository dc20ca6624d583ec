import { sweepFolders, type Swept } from '../platform/files/index.ts';
import { SHIM } from './layout.ts';

/** Removes environments that nobody keeps and nobody has used since a moment. They are made again when they are wanted. */
export const sweepEnvironments = (
  folder: string,
  keeps: (name: string) => boolean,
  before: number,
  dryRun: boolean,
): Promise<Swept> => sweepFolders(folder, (name) => name === SHIM || keeps(name), before, dryRun);
