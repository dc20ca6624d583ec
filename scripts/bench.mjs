// `npm run bench` lists the benches, `npm run bench -- NAME …` runs them, ours and the peer in one go.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { main, parts, setup } from './setup.mjs';
import { node, root } from './setup/place.mjs';

await main(async () => {
  const folder = join(root, 'bench');
  const all = readdirSync(folder)
    .filter((name) => name.endsWith('.bench.ts'))
    .map((name) => name.slice(0, -'.bench.ts'.length));
  const [name, ...args] = process.argv.slice(2);
  if (!name || !existsSync(join(folder, `${name}.bench.ts`))) {
    console.log(`Which one? npm run bench -- ${all.join(' | ')}`);
    process.exitCode = name ? 1 : 0;
    return;
  }
  await setup([...parts.npm, ...parts.python]);
  const flags = ['--disable-warning=ExperimentalWarning', join(folder, `${name}.bench.ts`), ...args];
  process.exitCode = spawnSync(node, flags, { cwd: root, stdio: 'inherit' }).status ?? 1;
});
