import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Processes } from '../platform/processes/index.ts';

/** What an interpreter says of itself. */
export interface Observed {
  executable: string;
  interpreter: string;
  platform: string;
  /** Name → version, names in the canonical form of PEP 503. */
  packages: Record<string, string>;
  /** Folders whose packages it sees. */
  folders: string[];
}

const SCRIPT = `
import json, platform, re, sys
from importlib import metadata
packages = {}
for found in metadata.distributions():
    name = found.metadata["Name"]
    if name:
        packages.setdefault(re.sub(r"[-_.]+", "-", name).lower(), found.version)
print(json.dumps({
    "executable": sys.executable,
    "interpreter": platform.python_implementation() + " " + platform.python_version(),
    "platform": " ".join([sys.platform, platform.machine(), "-".join(platform.libc_ver())]).strip(" -"),
    "packages": packages,
    "folders": [folder for folder in sys.path if folder],
}))
`;

/** Asks an interpreter; undefined when it is not one. */
export async function probe(processes: Processes, python: string): Promise<Observed | undefined> {
  const { reason, stdout } = await processes.run({
    argv: [python, '-I', '-c', SCRIPT],
    cwd: '/',
    env: { HOME: process.env['HOME'] ?? '/' },
    timeout: 30_000,
    limit: 4 << 20,
  });
  if (reason !== 'ok') return undefined;
  try {
    return JSON.parse(stdout) as Observed; // our own script's output
  } catch {
    return undefined;
  }
}

/** Changes when a package comes or goes: its folder's time does. */
export async function fingerprint(folders: readonly string[]): Promise<string> {
  const times = await Promise.all(
    folders.map(async (folder) => `${folder} ${(await stat(folder).catch(() => undefined))?.mtimeMs ?? ''}`),
  );
  return times.join('\n');
}

/** The folder that holds the interpreter, for PATH. */
export const binOf = (observed: Observed): string => path.dirname(observed.executable);
