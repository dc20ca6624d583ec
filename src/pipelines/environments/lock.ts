import { createHash } from 'node:crypto';
import { invalid } from '../../platform/errors/index.ts';

/** What an environment is made from: the texts of its files, taken from the snapshot of the code. */
export type EnvironmentSource =
  | { kind: 'system' }
  | { kind: 'requirements'; text: string }
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

/** Refuses lines that reach for files which the server does not have. */
export function checkRequirements(text: string, file: string): void {
  for (const line of requirementLines(text)) {
    const what = /^(-r|-c|-e|--requirement|--constraint|--editable)\b/.test(line)
      ? 'points to another file'
      : /^(\.|\/|file:)/.test(line)
        ? 'is a local path'
        : undefined;
    if (what)
      throw invalid(`${file}: '${line.slice(0, 100)}' ${what}, which the server does not have`, {
        field: 'env',
        hint: 'write everything into one file: uv pip compile requirements.in -o requirements.txt',
      });
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
