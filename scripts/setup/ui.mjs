import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import { node, root } from './place.mjs';
import { run } from './run.mjs';
import { isContract } from './server.mjs';
import { content, digest, digestFolder } from './stamp.mjs';

const ui = join(root, 'ui');
const out = join(ui, 'dist', 'index.html');
const isSource = (path) =>
  !path.startsWith(join(ui, 'dist') + sep) &&
  !path.includes(`${sep}node_modules${sep}`) &&
  !/\.test\.tsx?$/.test(path);

export const uiBuild = {
  name: 'UI build',
  stamp: 'ui',
  optional: true,
  // The UI sees the server's nouns through its contracts and nothing else of src/.
  key: () =>
    digest(
      digestFolder(ui, isSource),
      digestFolder(join(root, 'src'), isContract),
      content(join(root, 'package-lock.json')),
    ),
  present: () => existsSync(out),
  skip: () => (existsSync(join(ui, 'vite.config.ts')) ? undefined : 'there is no UI yet'),
  async install() {
    await run(node, [join(root, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', '--logLevel', 'warn'], {
      cwd: ui,
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    });
    return undefined;
  },
};
