// Programs that only tests use: a browser, a real PostgreSQL, promtool, bubblewrap. What cannot be had is named; its tests are skipped by name.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setupDir } from './place.mjs';
import { run } from './run.mjs';

const SHELL = 'chromium-headless-shell';
/** Path of a Chromium or Chrome, or undefined. The one without windows does the same for a third of the processor's time. */
export const findChromium = () =>
  process.env.TREADLE_CHROMIUM ??
  onPath(SHELL) ??
  onPath('chromium') ??
  onPath('chromium-browser') ??
  onPath('google-chrome') ??
  onPath('google-chrome-stable');

/** Folder with `initdb` and `postgres` of the newest PostgreSQL here, or undefined. */
export function findPostgres() {
  const base = '/usr/lib/postgresql';
  const versions = existsSync(base) ? readdirSync(base).sort((a, b) => Number(b) - Number(a)) : [];
  const found = versions
    .map((version) => join(base, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')));
  return found ?? (onPath('initdb') && onPath('postgres') ? join(onPath('initdb'), '..') : undefined);
}

const ownPromtool = join(setupDir, 'promtool');
export const findPromtool = () => (existsSync(ownPromtool) ? ownPromtool : onPath('promtool'));
const ownPrometheus = join(setupDir, 'prometheus');
export const findPrometheus = () => (existsSync(ownPrometheus) ? ownPrometheus : onPath('prometheus'));
/** Installed, since it looks for its template at a place of the system. */
export const findAlertmanager = () => onPath('prometheus-alertmanager') ?? onPath('alertmanager');

/** Says that the system has no package of it, so that it is not asked again. */
const noShell = join(setupDir, 'no-headless-shell');
const mayInstall = () => Boolean(onPath('apt-get')) && process.getuid?.() === 0;

const tools = [
  {
    name: 'Chromium',
    ...aptTool(SHELL, 'the browser tests'),
    present: () =>
      Boolean(
        process.env.TREADLE_CHROMIUM ??
        onPath(SHELL) ??
        (mayInstall() && !existsSync(noShell) ? undefined : findChromium()),
      ),
    async install() {
      try {
        await installPackage(SHELL);
        return undefined;
      } catch {
        if (!findChromium()) await installPackage('chromium');
        mkdirSync(setupDir, { recursive: true });
        writeFileSync(noShell, '');
        return `with its windows: this system has no package ${SHELL}`;
      }
    },
  },
  {
    name: 'PostgreSQL',
    present: () => Boolean(findPostgres()),
    ...aptTool('postgresql', 'the tests on a real PostgreSQL'),
  },
  // The server takes it wherever it is; without it, it isolates by other means.
  ...(process.platform === 'linux'
    ? [
        {
          name: 'bubblewrap',
          present: () => Boolean(onPath('bwrap')),
          ...aptTool('bubblewrap', 'the tests of isolation by bubblewrap'),
        },
      ]
    : []),
  {
    name: 'promtool and Prometheus',
    present: () => Boolean(findPromtool() && findPrometheus()),
    skip: () =>
      onPath('apt-get') && onPath('dpkg')
        ? undefined
        : 'not found; the checks of /metrics and of rules by promtool and by Prometheus will be skipped',
    install: () =>
      unpack('prometheus', { 'usr/bin/promtool': ownPromtool, 'usr/bin/prometheus': ownPrometheus }),
  },
  {
    name: 'Alertmanager',
    present: () => Boolean(findAlertmanager()),
    ...aptTool('prometheus-alertmanager', 'the test with Alertmanager'),
  },
];

/** What loads the servers in the bench of serving. */
export const wrk = {
  name: 'wrk',
  present: () => Boolean(onPath('wrk')),
  ...aptTool('wrk', 'the bench of serving'),
};

export const testTools = tools.map((tool) => ({ ...tool, optional: true }));

function aptTool(pkg, what) {
  return {
    skip() {
      if (!onPath('apt-get'))
        return `not found; ${what} will be skipped. Install it with your system's packages`;
      if (!mayInstall()) return `not found; ${what} will be skipped. To have them: sudo apt install ${pkg}`;
      return undefined;
    },
    install: () => installPackage(pkg),
  };
}

const installPackage = (pkg) =>
  withoutServices(() => apt(['install', '--yes', '--no-install-recommends', pkg]));

async function apt(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await run('apt-get', ['-qq', ...args], { env });
  } catch {
    // Most often the package lists are missing or old.
    await run('apt-get', ['-qq', 'update'], { env });
    await run('apt-get', ['-qq', ...args], { env });
  }
}

/** Debian starts a server when it installs one; tests start their own, so it is told not to, in Debian's own way. */
async function withoutServices(work) {
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await work();
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}

/** Only some files of a package are wanted: it is unpacked, not installed, so no service appears and no root is needed. */
async function unpack(pkg, files) {
  mkdirSync(setupDir, { recursive: true });
  const work = mkdtempSync(join(tmpdir(), `${pkg}-`));
  try {
    const download = () =>
      run('apt-get', ['-qq', '-o', 'APT::Sandbox::User=root', 'download', pkg], { cwd: work });
    await download().catch(async (error) => {
      if (process.getuid?.() !== 0) throw error;
      await run('apt-get', ['-qq', 'update']);
      return download();
    });
    const file = readdirSync(work).find((name) => name.endsWith('.deb'));
    await run('dpkg', ['-x', file, 'unpacked'], { cwd: work });
    for (const [inside, own] of Object.entries(files)) {
      execFileSync('cp', [join(work, 'unpacked', inside), `${own}.part`]);
      renameSync(`${own}.part`, own);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function onPath(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((dir) => join(dir, name))
    .find((path) => existsSync(path));
}
