import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { invalid, unavailable } from '../platform/errors/index.ts';
import type { Processes } from '../platform/processes/index.ts';
import { findUv } from './find-uv.ts';
import { MARKER } from './layout.ts';
import { isPinned, type EnvironmentSource } from './lock.ts';
import { probe, type Observed } from './probe.ts';

/** What pip and uv may need of the server's environment: where they keep things and how they reach the network. */
const PASSED =
  /^(PATH|HOME|LANG|TMPDIR|XDG_.*|UV_.*|PIP_.*|SSL_CERT_.*|REQUESTS_CA_BUNDLE|(https?|no|all)_proxy)$/i;

/** Virtual environments hold their own path, so it is made where it stays; the marker, written when all else is done, says that it is whole. */
export async function makeEnvironment(
  processes: Processes,
  source: Exclude<EnvironmentSource, { kind: 'system' }>,
  at: string,
  base: Observed,
  say: (text: string) => void,
): Promise<void> {
  await rm(at, { recursive: true, force: true });
  await mkdir(path.dirname(at), { recursive: true });
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => PASSED.test(entry[0]) && entry[1] !== undefined,
    ),
  );
  const run = async (
    argv: [string, ...string[]],
    extra: Record<string, string> = {},
    heard: (text: string) => void = say,
  ): Promise<{ ok: boolean; text: string }> => {
    const lines: string[] = [];
    let rest = ''; // output comes in pieces that end anywhere
    const ended = await processes.start({
      argv,
      cwd: path.dirname(at),
      env: { ...env, UV_PYTHON_DOWNLOADS: 'never', ...extra },
      merge: true,
      timeout: 30 * 60_000,
      onOutput(chunk) {
        const text = chunk.toString();
        lines.push(text);
        const whole = (rest + text).split('\n');
        rest = whole.pop() ?? '';
        if (whole.length > 0) heard(whole.join('\n'));
      },
    }).ended;
    if (rest.trim() !== '') heard(rest);
    return { ok: ended.reason === 'ok', text: `${lines.join('').slice(-4000).trim()}\n${ended.message}` };
  };
  /** A try that may fail, since another way follows: nobody needs to read why. */
  const attempt = async (argv: [string, ...string[]], extra?: Record<string, string>): Promise<boolean> =>
    (await run(argv, extra, () => undefined)).ok;
  const must = async (argv: [string, ...string[]], extra?: Record<string, string>): Promise<void> => {
    const { ok, text } = await run(argv, extra);
    if (!ok)
      throw invalid(`the environment could not be made: ${lastLines(text)}`, {
        field: 'env',
        hint: 'the log of the execution holds everything that was said',
      });
  };
  const uv = findUv();
  const python = path.join(at, 'bin', 'python');
  say(`making the Python environment with ${uv ? 'uv' : 'pip'} (${base.interpreter})`);
  const began = Date.now();
  if (source.kind === 'uv') {
    if (!uv)
      throw unavailable('uv.lock needs uv, and there is none on this machine', {
        field: 'env',
        hint: 'install it (pip install uv), or export the lock: uv export -o requirements.txt',
      });
    const project = `${at}.project`;
    await mkdir(project, { recursive: true });
    await writeFile(path.join(project, 'uv.lock'), source.text);
    await writeFile(path.join(project, 'pyproject.toml'), source.project);
    const sync: [string, ...string[]] = [
      uv,
      'sync',
      '--frozen',
      '--no-install-project',
      '--python',
      base.executable,
      '--project',
      project,
    ];
    const place = { UV_PROJECT_ENVIRONMENT: at };
    if (!(await attempt([...sync, '--offline', '--quiet'], place))) await must(sync, place);
    await rm(project, { recursive: true, force: true });
  } else {
    const folder = `${at}.source`;
    const file = path.join(folder, 'requirements.txt'); // the name that messages will say
    await mkdir(folder, { recursive: true });
    await writeFile(file, source.text);
    if (uv) {
      await must([uv, 'venv', '--quiet', '--clear', '--python', base.executable, at]);
      const install: [string, ...string[]] = [uv, 'pip', 'install', '--python', python, '-r', file];
      // Exact versions that were fetched before need no network, and with none there is no wait for it to fail.
      if (!isPinned(source.text) || !(await attempt([...install, '--offline', '--quiet'])))
        await must(install);
    } else {
      await must([base.executable, '-m', 'venv', at]);
      await must([python, '-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '-r', file]);
    }
    await rm(folder, { recursive: true, force: true });
  }
  const observed = await probe(processes, python);
  if (!observed)
    throw unavailable('the environment was made, but its interpreter does not run', { field: 'env' });
  // Nobody looks any more at what a marker stands in: whoever runs in it must be able to read it by then.
  await processes.letRead(at);
  await writeFile(`${path.join(at, MARKER)}.new`, JSON.stringify(observed));
  await rename(`${path.join(at, MARKER)}.new`, path.join(at, MARKER));
  const count = Object.keys(observed.packages).length;
  const took = ((Date.now() - began) / 1000).toFixed(1);
  say(`the environment is ready: ${count} package${count === 1 ? '' : 's'} in ${took} s`);
}

const lastLines = (text: string): string =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-6)
    .join(' / ')
    .slice(0, 1500);
