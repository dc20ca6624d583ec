// `npm run bench` lists the benches, `npm run bench -- NAME …` runs one, ours and the peer in one go.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { main, parts, setup } from './setup.mjs';
import { node, root, setupDir } from './setup/place.mjs';
import { installEnv } from './setup/python.mjs';
import { content, digest } from './setup/stamp.mjs';
import { wrk } from './setup/test-tools.mjs';

/** Peers have environments of their own: their packages must meet neither those of the example nor each other's. */
const peers = (name, what, program) => {
  const folder = join(setupDir, `${name}-venv`);
  const lock = join(root, 'scripts', `${name}.lock`);
  return {
    name: what,
    stamp: name,
    key: () => digest(content(lock)),
    present: () => existsSync(join(folder, 'bin', program)),
    install: () => installEnv({ folder, lock }),
  };
};
const dvc = peers('bench-python', 'peers to measure against', 'dvc');
const servers = [
  peers('bench-serving', 'FastAPI, LitServe and Ray Serve', 'litserve'),
  peers('bench-mlserver', 'MLServer', 'mlserver'),
];
const needed = {
  data: [dvc],
  steps: [dvc],
  plane: [wrk],
  records: [wrk],
  serving: [wrk, ...servers],
  alarms: parts.driftPeers,
  'drift-size': parts.driftPeers,
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
  await setup([...parts.npm, ...parts.python, ...parts.server, ...(needed[name] ?? [])]);
  const flags = ['--disable-warning=ExperimentalWarning', join(benches, `${name}.bench.ts`), ...args];
  process.exitCode = spawnSync(node, flags, { cwd: root, stdio: 'inherit' }).status ?? 1;
});
