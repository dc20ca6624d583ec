import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Never part of a project: what tools leave behind, environments, secrets, our own data folder. */
const ALWAYS = new Set([
  '.git',
  '.hg',
  '.svn',
  '.treadle',
  '.venv',
  'venv',
  '__pycache__',
  'node_modules',
  '.ipynb_checkpoints',
  '.mypy_cache',
  '.pytest_cache',
  '.ruff_cache',
  '.tox',
  '.DS_Store',
  '.Rhistory',
  '.RData',
  '.env',
  '.dvc',
  'mlruns',
]);

export const alwaysIgnored = (name: string): boolean =>
  name.split('/').some((part) => ALWAYS.has(part)) || name.endsWith('.pyc');

/**
 * Ignore rules of a folder without git: the plain lines of .gitignore and .treadleignore at its top. Names match at any depth,
 * patterns with a slash from the top; `!` is not understood and said so by the caller.
 */
export function ignoreRules(folder: string): { ignored(name: string): boolean; odd: string[] } {
  const lines = ['.gitignore', '.treadleignore'].flatMap((file) => {
    try {
      return readFileSync(path.join(folder, file), 'utf8').split(/\r?\n/);
    } catch {
      return [];
    }
  });
  const rules = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  const odd = rules.filter((line) => line.startsWith('!'));
  const patterns = rules
    .filter((line) => !line.startsWith('!'))
    .map((line) => {
      const clean = line.replace(/\/$/, '').replace(/^\//, '');
      return line.replace(/\/$/, '').includes('/') ? clean : `**/${clean}`;
    });
  return {
    odd,
    ignored: (name) =>
      alwaysIgnored(name) ||
      patterns.some((pattern) => path.matchesGlob(name, pattern) || path.matchesGlob(name, `${pattern}/**`)),
  };
}
