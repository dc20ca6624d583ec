import { createHash } from 'node:crypto';
import { invalid } from '../platform/errors/index.ts';

/** What an environment is made from: the texts of its files, taken from the snapshot of the code. */
export type EnvironmentSource =
  | { kind: 'system' }
  /** `python`: the version it was recorded with, `3.10`; taken where the machine has it. */
  | { kind: 'requirements'; text: string; python?: string }
  | { kind: 'uv'; text: string; project: string };

/** Lines that mean something, without comments and blanks: laying the file out anew makes no new environment. */
export function requirementLines(text: string): string[] {
  return text
    .replaceAll(/\\\r?\n/g, ' ')
    .split(/\r?\n/)
    .map((line) =>
      line
        .replace(/(^|\s)#.*$/, '')
        .trim()
        .replaceAll(/\s+/g, ' '),
    )
    .filter((line) => line !== '');
}

/** Options that only say where packages come from and which may be taken. */
const OPTIONS =
  /^(--hash|--index-url|-i|--extra-index-url|--find-links|-f|--no-index|--no-binary|--only-binary|--pre|--prefer-binary|--require-hashes|--trusted-host)(=|\s|$)/;

/** Refuses lines that reach for files which the server does not have, and options that do more than choose packages. */
export function checkRequirements(text: string, file: string): void {
  for (const line of requirementLines(text)) {
    const what = line.startsWith('-')
      ? OPTIONS.test(line)
        ? undefined
        : 'is an option that an environment cannot be made with'
      : /^[./~]|^file:|@\s*(file:|[./~])/i.test(line) || /^[^\s[;@]*\//.test(line)
        ? 'is a local path, which the server does not have'
        : undefined;
    if (what) {
      throw invalid(`${file}: '${line.slice(0, 100)}' ${what}`, {
        field: 'env',
        hint: 'write every package into one file: uv pip compile requirements.in -o requirements.txt',
      });
    }
  }
}

/** Every line names one exact version: what is made from it is the same tomorrow. */
export const isPinned = (text: string): boolean =>
  requirementLines(text).every(
    (line) => line.startsWith('-') || /^[^\s=<>~!;@]+(\[[^\]]*\])?\s?===?\s?[^\s*,;]+(\s|;|$)/.test(line),
  );

export function lockDigest(source: EnvironmentSource): string {
  if (source.kind === 'system') return '';
  // A project's own name and version stand in its lock, and its dependencies too: the project file adds nothing.
  const text =
    source.kind === 'requirements' ? requirementLines(source.text).toSorted().join('\n') : source.text;
  return createHash('sha256').update(text).digest('hex');
}
