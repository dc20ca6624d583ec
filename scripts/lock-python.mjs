// Writes the pinned Python locks from their .in files: every package, every hash, no index address.
//   node scripts/lock-python.mjs            keep what is pinned, add what is new
//   node scripts/lock-python.mjs --upgrade  take the newest of everything
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './setup/place.mjs';
import { findPython, installUv } from './setup/python.mjs';

const locks = [
  // The example's environment is a part of the checkout's: the same versions, so it is installed from uv's cache.
  { from: 'scripts/python.in', to: 'scripts/python.lock', constraints: [] },
  {
    from: 'examples/flights/requirements.in',
    to: 'examples/flights/requirements.txt',
    constraints: ['scripts/python.lock'],
  },
  { from: 'scripts/clients-python.in', to: 'scripts/clients-python.lock', constraints: [] },
  { from: 'scripts/bench-python.in', to: 'scripts/bench-python.lock', constraints: [] },
  { from: 'scripts/bench-serving.in', to: 'scripts/bench-serving.lock', constraints: [] },
  { from: 'scripts/drift-peers.in', to: 'scripts/drift-peers.lock', constraints: [] },
  { from: 'scripts/bench-mlserver.in', to: 'scripts/bench-mlserver.lock', constraints: [] },
];

const uv = await installUv(await findPython());
for (const lock of locks) {
  if (!existsSync(join(root, lock.from))) continue;
  const args = ['pip', 'compile', lock.from, '-o', lock.to, '--universal', '--python-version', '3.10'];
  args.push(
    '--generate-hashes',
    '--no-annotate',
    '--custom-compile-command',
    'node scripts/lock-python.mjs',
    '--quiet',
  );
  args.push(...lock.constraints.flatMap((file) => ['-c', file]));
  if (process.argv.includes('--upgrade')) args.push('--upgrade');
  const done = spawnSync(uv, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, UV_PYTHON_DOWNLOADS: 'never' },
  });
  if (done.status !== 0) process.exit(done.status ?? 1);
  console.log(`${lock.to} written`);
}

// The first project's, as a text that the program holds. Without hashes: people read it, and add to it.
const folder = mkdtempSync(join(tmpdir(), 'treadle-lock-'));
const lines = join(folder, 'requirements.txt');
const done = spawnSync(
  uv,
  [
    'pip',
    'compile',
    'scripts/first-project.in',
    '-o',
    lines,
    '--universal',
    '--python-version',
    '3.10',
  ].concat(['--no-annotate', '--no-header', '--quiet', '-c', 'scripts/python.lock']),
  { cwd: root, stdio: 'inherit', env: { ...process.env, UV_PYTHON_DOWNLOADS: 'never' } },
);
if (done.status !== 0) process.exit(done.status ?? 1);
const to = 'src/faces/cli/first/requirements.ts';
writeFileSync(
  join(root, to),
  `/** What a first project's steps run with, every version pinned. Written by scripts/lock-python.mjs. */
export const REQUIREMENTS = \`# Every version is pinned: what is made from this file is the same tomorrow. To change it, list what you want in
# requirements.in, then: uv pip compile --universal requirements.in -o requirements.txt
${readFileSync(lines, 'utf8')}\`;
`,
);
rmSync(folder, { recursive: true });
console.log(`${to} written`);
