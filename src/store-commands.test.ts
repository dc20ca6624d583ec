import assert from 'node:assert/strict';
import test from 'node:test';
import { runCli } from './faces/cli/index.ts';
import { storeCommands } from './store-commands.ts';

/** Runs a command line that must need no server, with what it prints caught. */
async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const held = { out: process.stdout.write, err: process.stderr.write };
  let [out, err] = ['', ''];
  // The test runner reports in bytes through the same stream; those are its own.
  process.stdout.write = (text) =>
    typeof text === 'string' ? ((out += text), true) : held.out.call(process.stdout, text);
  process.stderr.write = (text) => ((err += String(text)), true);
  try {
    return { code: await runCli(argv, { version: '0', roof: storeCommands }), out, err };
  } finally {
    process.stdout.write = held.out;
    process.stderr.write = held.err;
  }
}

test('gc speaks of its grace period in hours and days', async () => {
  for (const grace of ['0', '10m']) {
    const { code, err } = await run('gc', '--grace', grace);
    assert.equal(code, 2, grace);
    assert.match(err, /^treadle: option '--grace <time>' must be at least 1h on a server/);
  }
  assert.match(
    (await run('gc', '--grace', '-1h')).err,
    /argument '-1h' is invalid\. Write it as 30m, 12h or 7d/,
  );
  const { out } = await run('gc', '--help');
  assert.match(out, /\(default: 1d\)/);
  assert.doesNotMatch(out, /86400000|\(1d/);
});
