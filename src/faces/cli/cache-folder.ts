import { homedir } from 'node:os';
import path from 'node:path';

/** Where commands keep what they can make again. */
export const cacheFolder = (env: NodeJS.ProcessEnv = process.env): string =>
  path.join(env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'treadle');
