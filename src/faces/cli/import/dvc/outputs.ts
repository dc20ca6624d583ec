import path from 'node:path';
import { plainValue, readYaml } from '../../../../platform/yaml/index.ts';
import type { DvcLayout } from '../../../../data/contract.ts';

/** A state of an output, as a `.dvc` file or `dvc.lock` names it. */
export interface Output {
  /** From the root of the repository. */
  path: string;
  layout: DvcLayout;
  oid: string;
  executable: boolean;
  /** Bytes, where DVC says. */
  size: number;
  /** The stage that made it, and how. */
  stage?: string;
  command?: string;
  /** Where `dvc import` or `dvc import-url` had it from. */
  origin?: string;
}

/** A file of DVC that could not be read, or an output in it that names no object. */
export interface Unread {
  file: string;
  why: string;
}

const LIMITS = { length: 64 * 1024 * 1024, parts: 5_000_000 };

/** The outputs that a file of DVC names, and what of it cannot be brought. */
export function readOutputs(file: string, text: string): { outputs: Output[]; unread: Unread[] } {
  const read = readYaml(text, LIMITS);
  if ('fault' in read) return { outputs: [], unread: [{ file, why: read.fault.message }] };
  const root = fields(plainValue(read.root));
  const folder = path.posix.dirname(file);
  const found: { outputs: Output[]; unread: Unread[] } = { outputs: [], unread: [] };
  const take = (list: unknown, base: string, more: Partial<Output>): void => {
    if (!Array.isArray(list)) return;
    for (const entry of list) {
      const out = readOutput(fields(entry), base, more);
      if (typeof out === 'string') found.unread.push({ file, why: out });
      else if (out) found.outputs.push(out);
    }
  };
  if (file.endsWith('dvc.lock')) {
    // Before there was a `schema` in it, stages stood at the top.
    const stages = fields(typeof root['schema'] === 'string' ? root['stages'] : root);
    for (const [stage, body] of Object.entries(stages)) {
      const { cmd, outs } = fields(body);
      const command = Array.isArray(cmd) ? cmd.join('\n') : cmd;
      take(outs, folder, { stage, ...(typeof command === 'string' ? { command } : {}) });
    }
  } else {
    const { outs, deps, wdir } = root;
    const origin = originOf(deps);
    const base = typeof wdir === 'string' ? path.posix.join(folder, wdir) : folder;
    take(outs, base, origin === undefined ? {} : { origin });
  }
  return found;
}

function readOutput(
  out: Record<string, unknown>,
  base: string,
  more: Partial<Output>,
): Output | string | undefined {
  const { path: name, md5, hash, cache, isexec, size } = out;
  if (typeof name !== 'string') return 'an output without a path';
  // What is left to Git lies in Git, and what lies elsewhere is not this repository's.
  if (cache === false) return undefined;
  if (/^[a-z0-9+]+:\/\//i.test(name) || path.posix.isAbsolute(name))
    return `${name} lies outside of the repository`;
  const at = path.posix.normalize(path.posix.join(base, name)).replace(/\/$/, '');
  if (at === '.' || at.startsWith('..')) return `${name} lies outside of the repository`;
  if (typeof md5 !== 'string')
    return Array.isArray(out['files']) || out['cloud'] !== undefined
      ? `${at} is kept by a cloud's own versions, without MD5s`
      : `${at} has no MD5`;
  if (!/^[0-9a-f]{32}(\.dir)?$/.test(md5)) return `${at} has '${md5.slice(0, 50)}' for its MD5`;
  return {
    path: at,
    // DVC 3 says how it hashes; what says nothing was written by DVC 2.
    layout: hash === 'md5' ? 'md5' : 'md5-dos2unix',
    oid: md5,
    executable: isexec === true,
    size: typeof size === 'number' && size >= 0 ? size : 0,
    ...more,
  };
}

function originOf(deps: unknown): string | undefined {
  const first: unknown = Array.isArray(deps) ? deps[0] : undefined;
  const { path: from, repo } = fields(first);
  const { url, rev_lock: rev } = fields(repo);
  if (typeof from !== 'string') return undefined;
  if (typeof url === 'string') return `${url}${typeof rev === 'string' ? `@${rev}` : ''}:${from}`;
  return /^[a-z0-9+]+:\/\//i.test(from) ? from : undefined;
}

const fields = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
