// `npm test` runs everything, `npm run test:quick` what lies beside the code and is not slow. Words after `--` pick files:
//   npm test -- src/data          files whose path holds src/data
//   npm test -- --name "regex"    tests whose name matches
//   npm test -- --times           notes the processor time of each file, for the order of the next runs
// Environment: TREADLE_TEST_OUTPUT=1 shows what tests print; TREADLE_TEST_MINUTES is what a process of files may take, 15 unless said;
// TREADLE_TEST_APART=1 gives each file a process of its own; TREADLE_TEST_PG=url uses that PostgreSQL instead of a fresh one.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, join, relative, sep } from 'node:path';
import { check } from './check.mjs';
import { clientsPython, driftPeersPython, dvcPython } from './setup/clients.mjs';
import { main, parts, setup, upToDate } from './setup.mjs';
import { node, root, setupDir, venv, venvPython } from './setup/place.mjs';
import { modelEnvironments } from './setup/model-environment.mjs';
import {
  findAlertmanager,
  findChromium,
  findPostgres,
  findPrometheus,
  findPromtool,
} from './setup/test-tools.mjs';
import { startPostgres } from './test/postgres.mjs';
import { entries, together } from './test/together.mjs';

await main(async () => {
  const args = process.argv.slice(2);
  const quick = take(args, '--quick');
  const times = take(args, '--times');
  const nameAt = args.indexOf('--name');
  const [, name] = nameAt < 0 ? [] : args.splice(nameAt, 2);
  const unknown = args.find((word) => word.startsWith('-'));
  if (unknown !== undefined) {
    console.log(`there is no ${unknown}. npm test -- [--quick] [--times] [--name REGEX] [PART OF A PATH]…`);
    process.exitCode = 2;
    return;
  }
  const picked = args;
  const whole = !quick && picked.length === 0 && !name;

  const ui = whole || picked.some((word) => /^(test|ui)/.test(word)) ? parts.ui : [];
  const clients = whole || picked.some((word) => /^test|inference/.test(word)) ? parts.clients : [];
  const models = whole || picked.some((word) => word.startsWith('test')) ? parts.models : [];
  const peers = [
    ...(process.env.TREADLE_DRIFT_PEERS ? parts.driftPeers : []),
    ...(process.env.TREADLE_DVC ? parts.dvcClient : []),
  ];
  const tools = [...parts.tools, ...clients, ...peers];
  const full = [...parts.npm, ...parts.python, ...tools, ...models, ...ui, ...parts.server];
  await setup(quick ? parts.npm : full, { keepGoing: true });
  console.log();
  const checked = whole ? await check() : true;

  const files = testFiles({ quick, picked });
  if (files.length === 0) {
    console.log(
      picked.length > 0 ? `no test file has ${picked.join(' or ')} in its path` : 'there are no test files',
    );
    process.exitCode = picked.length > 0 || !checked ? 1 : 0;
    return;
  }
  const passed = await runTests({ files, name, quick, times });
  if (!checked) console.log('check: failed, see above');
  process.exitCode = checked && passed ? 0 : 1;
});

function testFiles({ quick, picked }) {
  const rooms = quick ? ['src'] : ['src', 'test', 'ui'];
  return rooms
    .flatMap((room) => walk(join(root, room)))
    .map((path) => relative(root, path))
    .filter((path) => /\.test\.tsx?$/.test(path) && !(quick && path.endsWith('.slow.test.ts')))
    .filter((path) => picked.length === 0 || picked.some((word) => path.includes(word)))
    .sort();
}

function walk(folder) {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ['node_modules', 'dist'].includes(entry.name) ? [] : walk(path);
    return [path];
  });
}

async function runTests({ files, name, quick, times }) {
  const postgresBin = quick || process.env.TREADLE_TEST_PG ? undefined : findPostgres();
  const postgres = postgresBin ? await startPostgres(postgresBin) : undefined;
  const usage = join(setupDir, 'test-usage');
  rmSync(usage, { force: true });
  const env = {
    ...process.env,
    PATH: [join(venv, 'bin'), join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
    NODE_DISABLE_COLORS: process.stdout.isTTY ? '' : '1',
    TREADLE_TEST_QUICK: quick ? '1' : '',
    TREADLE_TEST_USAGE: times ? usage : '',
    // Each file and most of what it starts are processes of their own that load the same code.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(setupDir, 'compile-cache'),
    // Threads and processes that tests start are those of the bundle, which the set-up has just made of the same sources.
    ...given('TREADLE_BUNDLE', !quick && parts.server.every(upToDate) ? join(root, 'dist') : undefined),
    // An environment of a model is made once, and what was compiled in it stays; not in one made by hand (node --test).
    ...given('TREADLE_TEST_ENVIRONMENTS', quick ? undefined : modelEnvironments),
    ...given('TREADLE_TEST_PG', process.env.TREADLE_TEST_PG ?? postgres?.url),
    ...(quick
      ? {}
      : {
          ...given('TREADLE_PYTHON', venvPython),
          ...given('TREADLE_CLIENTS_PYTHON', existsSync(clientsPython) ? clientsPython : undefined),
          ...given('TREADLE_DRIFT_PEERS_PYTHON', existsSync(driftPeersPython) ? driftPeersPython : undefined),
          ...given('TREADLE_DVC_PYTHON', existsSync(dvcPython) ? dvcPython : undefined),
          ...given('TREADLE_CHROMIUM', findChromium()),
          ...given('TREADLE_PROMTOOL', findPromtool()),
          ...given('TREADLE_PROMETHEUS', findPrometheus()),
          ...given('TREADLE_ALERTMANAGER', findAlertmanager()),
        }),
  };
  const minutes = Number(process.env.TREADLE_TEST_MINUTES ?? (quick ? 5 : 15));
  // By name a test is looked at by itself; and a campaign's files are long ones, whatever is known of them.
  const apart = name !== undefined || Boolean(process.env.TREADLE_TEST_APART);
  const begun = entries(
    together(
      files.map((file) => file.split(sep).join('/')),
      apart,
    ),
  );
  const order = {
    files: begun.files,
    // Two more than there are cores: a quarter of the time each waits for a process, a disk or a limit.
    concurrency: availableParallelism() + 2,
    // A hanging test must not hang the whole run.
    timeout: minutes * 60_000,
    whole: (quick ? 10 : 4 * minutes) * 60_000,
    name,
  };
  const runner = join(root, 'scripts', 'test', 'run.mjs');
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', runner, JSON.stringify(order)], {
    cwd: root,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const pass = (signal) => child.kill(signal);
  process.on('SIGINT', pass).on('SIGTERM', pass);
  try {
    return await new Promise((resolve, reject) =>
      child.on('error', reject).on('close', (code) => resolve(code === 0)),
    );
  } finally {
    begun.remove();
    await postgres?.stop();
  }
}

function given(key, value) {
  return value ? { [key]: value } : {};
}

function take(args, flag) {
  const at = args.indexOf(flag);
  if (at >= 0) args.splice(at, 1);
  return at >= 0;
}
