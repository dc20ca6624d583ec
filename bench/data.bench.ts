// Committing data: many small files, and one big one; beside `dvc add` of the same bytes.
//   npm run bench -- data --files 20000 --gib 2
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { figure, option, peerProgram, report, root, scratch, startTreadle } from './harness.ts';

const files = option('files', 20_000);
const gib = option('gib', 2);
const work = scratch();
const dvc = peerProgram('bench-python', 'dvc');
const treadle = path.join(root, 'bin', 'treadle');

/** Bytes that no compression shrinks, and the same ones every time. */
function* noise(seed: string, total: number): Generator<Buffer> {
  let block = createHash('shake256', { outputLength: 1 << 20 })
    .update(seed)
    .digest();
  for (let left = total; left > 0; left -= block.length) {
    yield left < block.length ? block.subarray(0, left) : block;
    // Cheap to make and different in every megabyte.
    block = Buffer.from(block);
    block.writeDoubleLE(left, (left >>> 20) % 1000);
    for (let at = 0; at < block.length; at += 4096)
      block.writeUInt32LE((block.readUInt32LE(at) * 2_654_435_761) >>> 0, at);
  }
}

function makeSmall(folder: string): void {
  for (let index = 0; index < files; index++) {
    const place = path.join(folder, String(index % 100).padStart(2, '0'));
    if (index < 100) mkdirSync(place, { recursive: true });
    const [content] = noise(String(index), 200 + ((index * 7919) % 4000));
    writeFileSync(path.join(place, `${index}.bin`), content ?? '');
  }
}

function makeBig(file: string): void {
  const handle = openSync(file, 'w');
  for (const block of noise('big', gib * 2 ** 30)) writeSync(handle, block);
  closeSync(handle);
}

/** Seconds of a command; its output is shown only when it fails. */
function time(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): number {
  const began = performance.now();
  const done = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, DVC_NO_ANALYTICS: '1', ...env },
  });
  if (done.status !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${done.status}:\n${done.stdout}${done.stderr}`);
  return (performance.now() - began) / 1000;
}

const source = path.join(work, 'source');
mkdirSync(source);
console.log('making the data …');
makeSmall(path.join(source, 'small'));
makeBig(path.join(source, 'big.bin'));

const server = await startTreadle(path.join(work, 'treadle'));
const env = { TREADLE_URL: server.url };
const commit = (name: string, what: string): number =>
  time(treadle, ['data', 'commit', name, path.join(source, what), '-m', 'bench', '--json'], work, env);
console.log('treadle …');
const ours = {
  small: commit('small', 'small'),
  smallAgain: commit('small', 'small'),
  big: commit('big', 'big.bin'),
  bigAgain: commit('big', 'big.bin'),
};
await server.stop();
rmSync(path.join(work, 'treadle'), { recursive: true });

// dvc works inside a repository, and by default moves and copies: it gets the data where it stands.
console.log('dvc …');
time(dvc, ['init', '--no-scm', '--quiet'], source);
const add = (what: string): number => time(dvc, ['add', '--quiet', what], source);
const theirs = {
  small: add('small'),
  smallAgain: add('small'),
  big: add('big.bin'),
  bigAgain: add('big.bin'),
};

const peer = 'dvc add';
const seconds = { unit: 's', better: 'lower' as const, peer };
figure({ name: `commit ${files} small files`, value: ours.small, peerValue: theirs.small, ...seconds });
figure({
  name: `the same ${files} files again`,
  value: ours.smallAgain,
  peerValue: theirs.smallAgain,
  ...seconds,
});
figure({ name: `commit one file of ${gib} GiB`, value: ours.big, peerValue: theirs.big, ...seconds });
figure({ name: 'the same big file again', value: ours.bigAgain, peerValue: theirs.bigAgain, ...seconds });
report();
