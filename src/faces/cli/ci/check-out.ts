import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { conflict, invalid } from '../../../platform/errors/index.ts';
import { makeTemporary } from '../../../platform/files/index.ts';
import { createProcesses, type Processes } from '../../../platform/processes/index.ts';
import { git, gitState } from '../pipelines/git.ts';
import { hashAll, readFileOf, readProject, type Project } from '../pipelines/project.ts';

/** A project as a commit has it, in a folder of its own. */
export interface CheckedOut {
  project: Project;
  /** The branch that HEAD names, and the default one of the remote, where git knows them. */
  branch: string | undefined;
  defaultBranch: string | undefined;
  remove(): Promise<void>;
}

/** Changed files that are named. */
const FEW = 5;

/**
 * The project of HEAD and nothing else: what is not committed could not be run again by anybody. Its files are written to a temporary
 * folder from an index of its own, so that the repository, its index and its work tree stay as they are; a shallow clone will do.
 */
export async function checkOut(file: string, { allowDirty }: { allowDirty: boolean }): Promise<CheckedOut> {
  const { folder, at } = readFileOf(file);
  const processes = createProcesses();
  const top = await topOf(processes, folder);
  if ((await git(processes, folder, 'rev-parse', '--verify', '--quiet', 'HEAD^{commit}')) === undefined)
    throw conflict('the repository has no commit yet, and --ci runs a commit', {
      field: 'ci',
      hint: 'commit the project first: git add -A && git commit',
    });
  const changed = await changesOf(processes, folder);
  const defaultBranch = await defaultBranchOf(processes, folder);
  if (changed.length > 0 && !allowDirty)
    throw conflict(
      `${changed.slice(0, FEW).join(', ')}${changed.length > FEW ? ` and ${changed.length - FEW} more` : ''} ${changed.length === 1 ? 'differs' : 'differ'} from the commit, and --ci runs a commit`,
      { field: 'ci', hint: 'commit the changes, or take them in for a trial with --allow-dirty' },
    );
  if (changed.length > 0) {
    const project = await readProject(file);
    return { project, branch: project.git?.branch, defaultBranch, remove: () => Promise.resolve() };
  }
  const place = await makeTemporary('ci');
  const remove = (): Promise<void> => rm(place, { recursive: true, force: true });
  try {
    const state = await gitState(processes, folder);
    const warnings: string[] = [];
    const below = path.relative(top, folder);
    const tree = await writeTree(processes, { top, place, below });
    const names = await filesOf(processes, top, below, warnings);
    const name = path.basename(at);
    if (!names.includes(name))
      throw conflict(`${file} is not part of the commit`, {
        field: 'file',
        hint: `commit it: git add ${name} && git commit`,
      });
    const own = path.join(tree, below);
    const project: Project = {
      folder: own,
      fileName: name,
      file: readFileOf(path.join(own, name)).file,
      code: hashAll(own, names, warnings),
      git: { ...state, dirty: false },
      warnings,
    };
    return { project, branch: state.branch, defaultBranch, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function topOf(processes: Processes, folder: string): Promise<string> {
  const top = await git(processes, folder, 'rev-parse', '--show-toplevel');
  if (top !== undefined) return top.replace(/\n$/, '');
  const there = upwards(folder).some((one) => existsSync(path.join(one, '.git')));
  throw invalid(
    there
      ? `git does not read the repository at ${folder}`
      : `${folder} is in no Git checkout, and --ci runs a commit`,
    {
      field: 'ci',
      hint: there
        ? 'git status says why; in a container: git config --global --add safe.directory "$PWD"'
        : 'run it in a clone, or make one: git init && git add -A && git commit',
    },
  );
}

const upwards = (folder: string): string[] =>
  path.dirname(folder) === folder ? [folder] : [folder, ...upwards(path.dirname(folder))];

/** Files of the project that differ from the commit, or that no commit has. */
async function changesOf(processes: Processes, folder: string): Promise<string[]> {
  const status = await git(processes, folder, 'status', '--porcelain', '-z', '--no-renames', '--', '.');
  return (status ?? '')
    .split('\0')
    .filter((entry) => entry.length > 3)
    .map((entry) => entry.slice(3));
}

async function writeTree(
  processes: Processes,
  { top, place, below }: { top: string; place: string; below: string },
): Promise<string> {
  const tree = path.join(place, 'tree');
  await mkdir(path.join(tree, below), { recursive: true });
  const own = { GIT_INDEX_FILE: path.join(place, 'index') };
  const read = await git(processes, top, { ...own }, 'read-tree', 'HEAD');
  const written =
    read === undefined
      ? undefined
      : await git(processes, top, { ...own }, 'checkout-index', '--all', '--quiet', `--prefix=${tree}/`);
  if (written === undefined)
    throw conflict('git could not write out the files of the commit', {
      field: 'ci',
      hint: 'look whether the disk is full, or filters such as Git LFS are missing: git status',
    });
  return tree;
}

/** Below the project's folder, as the commit lists them. */
async function filesOf(
  processes: Processes,
  top: string,
  below: string,
  warnings: string[],
): Promise<string[]> {
  const prefix = below === '' ? '' : `${below.split(path.sep).join('/')}/`;
  const listed = await git(processes, top, 'ls-tree', '-r', '-z', 'HEAD', '--', prefix === '' ? '.' : prefix);
  const names: string[] = [];
  for (const entry of (listed ?? '').split('\0')) {
    const [head = '', name = ''] = entry.split('\t', 2);
    if (name === '') continue;
    const own = name.slice(prefix.length);
    if (head.split(' ')[1] === 'commit') warnings.push(`${own} is a submodule; it was left out`);
    else names.push(own);
  }
  return names;
}

async function defaultBranchOf(processes: Processes, folder: string): Promise<string | undefined> {
  const head = await git(processes, folder, 'symbolic-ref', '--short', '--quiet', 'refs/remotes/origin/HEAD');
  if (head !== undefined) return head.trim().replace(/^origin\//, '');
  for (const name of ['main', 'master'])
    for (const ref of [`refs/heads/${name}`, `refs/remotes/origin/${name}`])
      if ((await git(processes, folder, 'rev-parse', '--verify', '--quiet', ref)) !== undefined) return name;
  return undefined;
}
