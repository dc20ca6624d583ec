// What `npm pack` puts into the package: JavaScript in dist/, the built UI in dist/ui. Runs by itself before every pack.
import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { main, parts, setup } from './setup.mjs';
import { node, root } from './setup/place.mjs';
import { run, SetupError } from './setup/run.mjs';

await main(async () => {
  await setup([...parts.npm, ...parts.ui]);
  const dist = join(root, 'dist');
  rmSync(dist, { recursive: true, force: true });
  await run(node, [join(root, 'scripts', 'build', 'bundle.mjs')]);
  const ui = join(root, 'ui', 'dist');
  if (!existsSync(ui)) throw new SetupError('the UI has not been built: a package without it is not wanted');
  cpSync(ui, join(dist, 'ui'), { recursive: true });
  console.log('dist/ is ready');
});
