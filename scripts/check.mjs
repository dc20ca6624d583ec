// Types, lint, format, unused code, generated files: `npm run check`. Everything runs at once; what fails is printed in full.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { main, parts, setup } from './setup.mjs';
import { node, root } from './setup/place.mjs';
import { seconds } from './setup/run.mjs';

const bin = join(root, 'node_modules', '.bin');
const tool = (name, ...args) => ({ command: join(bin, name), args });

/** What is formatted: code; prose and settings are left to their writers. */
const formatted = ['src', 'test', 'ui', 'bench', 'scripts'];

function checks() {
  const list = [
    { name: 'types', ...tool('tsc', '-p', 'tsconfig.json') },
    { name: 'lint', ...tool('oxlint', '--type-aware', '--quiet') },
    {
      name: 'format',
      fix: 'npm run check -- --fix',
      ...tool('oxfmt', '--check', '--no-error-on-unmatched-pattern', ...formatted),
    },
    { name: 'unused code', ...tool('knip', '--no-progress', '--no-config-hints') },
  ];
  if (existsSync(join(root, 'ui', 'tsconfig.json')))
    list.splice(1, 0, { name: 'types of the UI', ...tool('tsc', '-p', 'ui/tsconfig.json', '--noEmit') });
  const generators = join(root, 'scripts', 'generate');
  for (const file of existsSync(generators) ? readdirSync(generators).sort() : []) {
    if (!file.endsWith('.mjs')) continue;
    // A generator writes its files; with --check it writes nothing and fails when they would differ.
    list.push({
      name: `generated: ${file.slice(0, -4)}`,
      fix: `node scripts/generate/${file}`,
      command: node,
      args: [join(generators, file), '--check'],
    });
  }
  return list;
}

/** @returns {Promise<boolean>} whether all is well. */
export async function check() {
  const began = performance.now();
  const results = await Promise.all(checks().map(perform));
  const failed = results.filter((result) => !result.ok);
  for (const result of results) console.log(`${result.ok ? '✔' : '✖'} ${result.name} (${result.time})`);
  for (const result of failed) {
    console.log(
      `\n── ${result.name} ${'─'.repeat(Math.max(0, 90 - result.name.length))}\n${result.output.trim()}`,
    );
    if (result.fix) console.log(`\nTo mend it: ${result.fix}`);
  }
  console.log(`\ncheck: ${results.length - failed.length} of ${results.length} passed in ${seconds(began)}`);
  return failed.length === 0;
}

function perform({ name, command, args, fix }) {
  const began = performance.now();
  // The tools are scripts that ask for `node`: they get Node 26, whatever the machine has.
  const env = {
    ...process.env,
    PATH: bin + delimiter + process.env.PATH,
    FORCE_COLOR: process.stdout.isTTY ? '1' : '0',
  };
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ name, ok: false, output: error.message, time: seconds(began) }));
    child.on('close', (code) => resolve({ name, ok: code === 0, output, fix, time: seconds(began) }));
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(async () => {
    await setup(parts.npm);
    if (process.argv.includes('--fix')) {
      await perform({ name: 'format', ...tool('oxfmt', '--no-error-on-unmatched-pattern', ...formatted) });
      await perform({ name: 'lint', ...tool('oxlint', '--type-aware', '--fix', '--quiet') });
    }
    process.exitCode = (await check()) ? 0 : 1;
  });
}
