import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import { node, root } from './place.mjs';
import { run } from './run.mjs';
import { content, digest, digestFolder } from './stamp.mjs';

/** The server as one file: `bin/treadle` takes it while no source is newer. Without it the sources are run as they are. */
export const serverBundle = {
  name: 'server bundle',
  stamp: 'server',
  optional: true,
  key: () =>
    digest(
      digestFolder(join(root, 'src'), (path) => path.endsWith('.ts') && !/\.(test|suite)\.ts$/.test(path)),
      content(join(root, 'scripts', 'build', 'bundle.mjs')),
      content(join(root, 'package-lock.json')),
    ),
  present: () => existsSync(join(root, 'dist', 'main.js')),
  async install() {
    await run(node, [join(root, 'scripts', 'build', 'bundle.mjs')]);
    return undefined;
  },
};

/** Contracts are what the UI sees of the server: `contract.ts`, or the files of a `contract/` folder. */
export const isContract = (path) =>
  path.endsWith(`${sep}contract.ts`) || path.includes(`${sep}contract${sep}`);
