import { isUtf8 } from 'node:buffer';
import { closeSync, existsSync, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { findMissingCode, uploadCode, type CodeFile, type GitState } from '../../../pipelines/contract.ts';
import { blake3 } from '../../../platform/blobs/index.ts';
import { invalid, messageOf, tooLarge } from '../../../platform/errors/index.ts';
import { openBelow } from '../../../platform/files/index.ts';
import { createProcesses, type Processes } from '../../../platform/processes/index.ts';
import type { Client } from '../client.ts';
import { git, gitState } from './git.ts';
import { alwaysIgnored, ignoreRules } from './ignore.ts';

const MAX_FILE = 64 * 1024 * 1024;
const MAX_TOTAL = 512 * 1024 * 1024;
const MAX_FILES = 50_000;
const BATCH = 32 * 1024 * 1024;

/** A project as it is on disk now. */
export interface Project {
  folder: string;
  /** The pipeline file's path in the project. */
  fileName: string;
  /** Text of the pipeline file. */
  file: string;
  code: CodeFile[];
  git: GitState | undefined;
  warnings: string[];
}

/** Reads the pipeline file; its folder is the project. `hint` says how the command that asks is told of another one. */
export function readFileOf(
  name: string,
  {
    what = 'pipeline file',
    hint = 'go to the folder of treadle.yaml, or name it with --file',
  }: { what?: string; hint?: string } = {},
): { folder: string; at: string; file: string } {
  const at = path.resolve(name);
  let bytes: Buffer;
  try {
    bytes = readFileSync(at);
  } catch (error) {
    const there = existsSync(at);
    throw invalid(there ? `${name} cannot be read: ${messageOf(error)}` : `there is no ${what} at ${name}`, {
      field: 'file',
      hint: there ? 'name a file that you may read' : hint,
      cause: error,
    });
  }
  if (!isUtf8(bytes))
    throw invalid(`${name} is not UTF-8`, { field: 'file', hint: 'save it as UTF-8, then try again' });
  return { folder: path.dirname(at), at, file: bytes.toString('utf8') };
}

/** Takes a snapshot of the project: what git tracks and what it does not ignore, or all files where there is no git. */
export async function readProject(name: string): Promise<Project> {
  const { folder, at, file } = readFileOf(name);
  const processes = createProcesses();
  const warnings: string[] = [];
  const listed = await listWithGit(processes, folder);
  const tracked = listed?.includes(path.basename(at)) === true;
  const names = tracked ? listed : listWithout(folder, warnings);
  const code = hashAll(folder, names, warnings);
  return {
    folder,
    fileName: path.basename(at),
    file,
    code,
    git: tracked ? await gitState(processes, folder) : undefined,
    warnings,
  };
}

async function listWithGit(processes: Processes, folder: string): Promise<string[] | undefined> {
  const [tracked, others] = await Promise.all([
    git(processes, folder, 'ls-files', '-z'),
    git(processes, folder, 'ls-files', '-z', '--others', '--exclude-standard'),
  ]);
  if (tracked === undefined || others === undefined) return undefined;
  const split = (text: string): string[] => text.split('\0').filter((one) => one !== '');
  return [...new Set([...split(tracked), ...split(others).filter((one) => !alwaysIgnored(one))])];
}

function listWithout(folder: string, warnings: string[]): string[] {
  const { ignored, odd } = ignoreRules(folder);
  for (const rule of odd) warnings.push(`the ignore rule '${rule}' is not understood without git`);
  const names: string[] = [];
  const walk = (below: string): void => {
    for (const entry of readdirSync(path.join(folder, below), { withFileTypes: true })) {
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      if (ignored(name)) continue;
      if (entry.isDirectory()) walk(name);
      else names.push(name);
      if (names.length > MAX_FILES) throw tooMany();
    }
  };
  walk('');
  return names;
}

const tooMany = () =>
  tooLarge(`the project has more than ${MAX_FILES} files`, {
    field: 'code',
    hint: 'list what does not belong to it in .gitignore; data belongs in datasets',
  });

/** These files of a folder, by their names below it. */
export function hashAll(folder: string, names: readonly string[], warnings: string[]): CodeFile[] {
  if (names.length > MAX_FILES) throw tooMany();
  const root = realpathSync(folder);
  const code: CodeFile[] = [];
  let total = 0;
  for (const name of names) {
    const at = path.join(folder, name);
    const link = lstatSync(at, { throwIfNoEntry: false });
    if (!link) continue; // git still lists what was deleted
    // A link may lead to another file of the project. Any part of the path can be one: git lists what lay in a folder before.
    const real = realpath(at);
    if (real === undefined || !real.startsWith(root + path.sep)) {
      warnings.push(`${name} is a link that leads out of the project; it was left out`);
      continue;
    }
    const stat = statSync(at, { throwIfNoEntry: false });
    if (!stat?.isFile()) {
      if (!stat || !stat.isDirectory() || !link.isDirectory())
        warnings.push(`${name} is no plain file; it was left out`);
      continue;
    }
    if (/[\p{Cc}\\]/u.test(name))
      throw invalid(`the file ${JSON.stringify(name)} has a name with a control character or a backslash`, {
        field: 'code',
        hint: 'rename it, or list it in .gitignore',
      });
    if (stat.size > MAX_FILE)
      throw tooLarge(
        `${name} has ${Math.ceil(stat.size / 1024 / 1024)} MiB, and a file of a project may have 64`,
        { field: 'code', hint: 'commit it as a dataset (treadle data commit), and list it in .gitignore' },
      );
    total += stat.size;
    if (total > MAX_TOTAL)
      throw tooLarge('the files of the project have more than 512 MiB together', {
        field: 'code',
        hint: 'commit data as datasets, and list it in .gitignore',
      });
    const bytes = readReal(root, real, name);
    code.push({
      path: name,
      hash: blake3(bytes),
      size: bytes.length,
      ...((stat.mode & 0o100) === 0 ? {} : { executable: true }),
    });
  }
  return code;
}

/** Reads by the path that was judged: a link that was put there since is not followed. */
function readReal(root: string, real: string, name: string): Buffer {
  const fd = openBelow(root, path.relative(root, real));
  if (typeof fd !== 'number')
    throw invalid(`${name} changed while it was read`, { field: 'code', hint: 'run the command again' });
  try {
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

function realpath(at: string): string | undefined {
  try {
    return realpathSync(at);
  } catch {
    return undefined;
  }
}

/** Sends what the server lacks. Returns how many files that were. */
export async function sendCode(client: Client, project: Project): Promise<number> {
  const byHash = new Map(project.code.map((file) => [file.hash, file]));
  const { missing } = await client.call(findMissingCode, { body: { hashes: [...byHash.keys()] } });
  let batch: Buffer[] = [];
  let size = 0;
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await client.call(uploadCode, { body: Buffer.concat(batch) });
    batch = [];
    size = 0;
  };
  for (const hash of missing) {
    const file = byHash.get(hash)!;
    const bytes = readFileSync(path.join(project.folder, file.path));
    if (blake3(bytes) !== hash)
      throw invalid(`${file.path} changed while it was read`, {
        field: 'code',
        hint: 'run the command again',
      });
    const head = Buffer.alloc(40);
    head.write(hash, 'hex');
    head.writeBigUInt64LE(BigInt(bytes.length), 32);
    batch.push(head, bytes);
    size += bytes.length;
    if (size >= BATCH) await flush();
  }
  await flush();
  return missing.length;
}
