import type { CodeFile, Reason } from '../contract.ts';
import { paramText } from '../file/param.ts';
import type { KeyParts } from './parts.ts';

const short = (digest: string): string => digest.slice(0, 12);

/** What makes two keys differ, part by part, in the order in which people ask. `code` names the files when both lists are known. */
export function difference(
  before: KeyParts,
  after: KeyParts,
  code?: { before: readonly CodeFile[]; after: readonly CodeFile[] },
): Reason[] {
  const reasons: Reason[] = [];
  if (before.version !== after.version) {
    reasons.push({ part: 'version', text: 'this version of Treadle makes keys in another way' });
  }
  if (before.command !== after.command) {
    reasons.push({
      part: 'command',
      before: before.command,
      after: after.command,
      text: 'the command changed',
    });
  }
  if (before.code !== after.code) reasons.push(...codeReasons(code));
  for (const [name, was, is] of changes(before.params, after.params)) {
    reasons.push({
      part: 'param',
      name,
      ...values(was === undefined ? undefined : paramText(was), is === undefined ? undefined : paramText(is)),
      text: changed(`parameter ${name}`, was, is, paramText),
    });
  }
  for (const [name, was, is] of changes(before.inputs, after.inputs)) {
    const shown = (value: unknown): string => short((value as { digest: string }).digest);
    const renamed = was !== undefined && is !== undefined && was.digest === is.digest;
    reasons.push({
      part: 'input',
      name,
      ...(was === undefined ? {} : { before: was.digest }),
      ...(is === undefined ? {} : { after: is.digest }),
      text: renamed
        ? `input ${name} has another path: ${was.path} → ${is.path}`
        : changed(`input ${name}`, was, is, shown),
    });
  }
  reasons.push(...environmentReasons(before, after));
  for (const [name, was, is] of changes(before.outputs, after.outputs)) {
    reasons.push({
      part: 'output',
      name,
      ...values(was, is),
      text: changed(`output ${name}`, was, is, String),
    });
  }
  for (const [name, was, is] of changes(before.variables, after.variables)) {
    reasons.push({
      part: 'variable',
      name,
      ...values(was, is),
      text: changed(`variable ${name}`, was, is, String),
    });
  }
  for (const [name] of changes(before.secrets ?? {}, after.secrets ?? {}))
    reasons.push({ part: 'variable', name, text: `secret ${name} has another value` });
  if (before.salt !== after.salt)
    reasons.push({ part: 'salt', ...values(before.salt, after.salt), text: 'the salt changed' });
  if (before.sample !== after.sample)
    reasons.push({
      part: 'sample',
      ...values(before.sample, after.sample),
      text: `the data is ${after.sample === undefined ? 'all of it' : `a sample of ${after.sample}`}, and was ${before.sample ?? 'all of it'}`,
    });
  return reasons;
}

function codeReasons(
  code: { before: readonly CodeFile[]; after: readonly CodeFile[] } | undefined,
): Reason[] {
  const files = code ? changes(byPath(code.before), byPath(code.after)) : [];
  if (files.length === 0) return [{ part: 'code', text: 'the code changed' }];
  const shown = files.slice(0, 20).map(([name, was, is]): Reason => {
    const what =
      was === undefined
        ? 'was added'
        : is === undefined
          ? 'was removed'
          : was.slice(0, 64) === is.slice(0, 64)
            ? 'changed its mode'
            : 'changed';
    return {
      part: 'code',
      name,
      ...values(was?.slice(0, 64), is?.slice(0, 64)),
      text: `code ${name} ${what}`,
    };
  });
  if (files.length > shown.length)
    shown.push({ part: 'code', text: `and ${files.length - shown.length} more files` });
  return shown;
}

const byPath = (files: readonly CodeFile[]): Record<string, string> =>
  Object.fromEntries(
    files.map(({ path, hash, executable }) => [path, `${hash}${executable === true ? 'x' : ''}`]),
  );

function environmentReasons({ environment: before }: KeyParts, { environment: after }: KeyParts): Reason[] {
  const labels: Record<string, string> = {
    kind: 'the kind of environment changed',
    lock: 'the environment lock changed',
    interpreter: 'the interpreter changed',
    platform: 'the platform changed',
    packages: 'the installed packages changed',
  };
  return changes({ ...before }, { ...after }).map(([name, was, is]) => ({
    part: 'environment',
    name,
    ...values(was, is),
    text: `${labels[name] ?? name}${name === 'lock' || name === 'packages' ? '' : `: ${was} → ${is}`}`,
  }));
}

function changes<T>(
  before: Readonly<Record<string, T>>,
  after: Readonly<Record<string, T>>,
): Array<[string, T | undefined, T | undefined]> {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return names
    .map((name): [string, T | undefined, T | undefined] => [name, before[name], after[name]])
    .filter(([, was, is]) => JSON.stringify(was) !== JSON.stringify(is));
}

type Shown = string | number | boolean;

const values = (
  before: Shown | undefined,
  after: Shown | undefined,
): { before?: string; after?: string } => ({
  ...(before === undefined ? {} : { before: String(before).slice(0, 1000) }),
  ...(after === undefined ? {} : { after: String(after).slice(0, 1000) }),
});

function changed<T>(what: string, was: T | undefined, is: T | undefined, show: (value: T) => string): string {
  if (was === undefined) return `${what} is new`;
  if (is === undefined) return `${what} is gone`;
  return `${what} changed: ${show(was)} → ${show(is)}`;
}
