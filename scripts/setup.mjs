// Makes a fresh clone ready: `node scripts/setup.mjs`, and `--tests` for what only tests need. Runs on Node >= 20 with nothing
// installed. Every part remembers by content what it was made from, so a second start skips it all in milliseconds.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { driftPeers, dvcClient, inferenceClients } from './setup/clients.mjs';
import { modelEnvironment } from './setup/model-environment.mjs';
import { npmPackages } from './setup/npm-packages.mjs';
import { setupDir } from './setup/place.mjs';
import { pythonEnv } from './setup/python.mjs';
import { seconds, SetupError } from './setup/run.mjs';
import { isStamped, stamp, unstamp } from './setup/stamp.mjs';
import { testTools } from './setup/test-tools.mjs';
import { uiBuild } from './setup/ui.mjs';
import { serverBundle } from './setup/server.mjs';

export const parts = {
  npm: [npmPackages],
  python: [pythonEnv],
  tools: testTools,
  clients: [inferenceClients],
  driftPeers: [driftPeers],
  dvcClient: [dvcClient],
  models: [modelEnvironment],
  ui: [uiBuild],
  server: [serverBundle],
};

/**
 * Brings the parts up to date, one line each. With `keepGoing` a part that fails is reported and left out: tests of the rest can run.
 * @returns names of the parts that are missing.
 */
export async function setup(wanted, { keepGoing = false } = {}) {
  const began = performance.now();
  const missing = [];
  const absent = wanted.filter((part) => !upToDate(part));
  if (absent.every((part) => part.skip?.())) {
    console.log(`set-up: everything already there (${Math.round(performance.now() - began)} ms)`);
    for (const part of absent) console.log(`  without ${part.name}: ${part.skip()}`);
    return absent.map((part) => part.name);
  }
  const release = await lock();
  try {
    for (const [index, part] of wanted.entries()) {
      const label = `[${index + 1}/${wanted.length}] ${part.name}`;
      if (upToDate(part)) console.log(`${label}: already there`);
      else if (part.skip?.()) {
        console.log(`${label}: ${part.skip()}`);
        missing.push(part.name);
      } else if (keepGoing && part.optional) {
        await make(part, label).catch((error) => (console.log(error.message), missing.push(part.name)));
      } else await make(part, label);
    }
  } finally {
    release();
  }
  return missing;
}

export const upToDate = (part) => part.present() && (!part.stamp || isStamped(part.stamp, part.key()));

async function make(part, label) {
  const began = performance.now();
  const live = process.stdout.isTTY;
  process.stdout.write(`${label} …`);
  const ticker = live
    ? setInterval(() => process.stdout.write(`\r${label} … ${seconds(began)} `), 1000)
    : undefined;
  if (part.stamp) unstamp(part.stamp);
  try {
    const note = await part.install();
    if (part.stamp) stamp(part.stamp, part.key());
    process.stdout.write(`${live ? `\r${label} …` : ''} ${seconds(began)}${note ? ` (${note})` : ''}\n`);
  } catch (error) {
    process.stdout.write(' failed\n');
    throw error;
  } finally {
    clearInterval(ticker);
  }
}

/** One set-up at a time in a checkout; a lock whose owner has died is taken over. */
async function lock() {
  const file = join(setupDir, 'lock');
  mkdirSync(setupDir, { recursive: true });
  for (let waited = 0; ; waited++) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const owner = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
    if (owner && !alive(owner)) rmSync(file, { force: true });
    if (waited === 1) console.log('another set-up is running in this checkout: waiting for it');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Runs a script's main function; a failure that a person can act on is printed without a stack. */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    console.error(error instanceof SetupError ? `\n${error.message}` : error);
    process.exit(1);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const tests = process.argv.includes('--tests');
  await main(() =>
    setup([...parts.npm, ...parts.python, ...(tests ? [...parts.tools, ...parts.clients] : []), ...parts.ui]),
  );
}
