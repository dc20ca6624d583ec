// `npm run bench` lists the benches, `npm run bench -- NAME …` runs one, ours and the peer in one go.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { main, parts, setup } from './setup.mjs';
import { node, root, setupDir } from './setup/place.mjs';
import { installEnv } from './setup/python.mjs';
import { content, digest } from './setup/stamp.mjs';

/** The peers have an environment of their own: their packages must not meet those of the example. */
const folder = join(setupDir, 'bench-venv');
const lock = join(root, 'scripts', 'bench-python.lock');
const peers = {
  name: 'peers to measure against',
  stamp: 'bench-python',
  key: () => digest(content(lock)),
  present: () => existsSync(join(folder, 'bin', 'dvc')),
  install: () => installEnv({ folder, lock }),
};

await main(async () => {
  const benches = join(root, 'bench');
  const all = readdirSync(benches)
    .filter((name) => name.endsWith('.bench.ts'))
    .map((name) => name.slice(0, -'.bench.ts'.length));
  const [name, ...args] = process.argv.slice(2);
  if (!name || !all.includes(name)) {
    console.log(`Which one? npm run bench -- ${all.join(' | ')}`);
    process.exitCode = name ? 1 : 0;
    return;
  }
  await setup([
    ...parts.npm,
    ...parts.python,
    ...parts.server,
    ...(['data', 'steps'].includes(name) ? [peers] : []),
  ]);
  const flags = ['--disable-warning=ExperimentalWarning', join(benches, `${name}.bench.ts`), ...args];
  process.exitCode = spawnSync(node, flags, { cwd: root, stdio: 'inherit' }).status ?? 1;
});
