import { createHash } from 'node:crypto';
import { createTurns, sortInTurns } from '../../platform/aside/index.ts';
import { canonical } from '../../platform/json/index.ts';
import type { CodeFile } from '../contract.ts';
import type { Step } from '../file/definition.ts';
import { sees, selectionOf } from './parts.ts';

/** Digests of a project's code. A project may have tens of thousands of files and a thousand steps, so that each is made with turns in between. */
export interface CodeDigests {
  all(): Promise<string>;
  /** Of what the step sees; made once for steps that see the same. */
  of(step: Step): Promise<string>;
}

export function createCodeDigests(files: readonly CodeFile[], pipelineFile: string): CodeDigests {
  const known = new Map<string, Promise<string>>();
  let sorted: Promise<Line[]> | undefined;
  const digest = async (seen: (path: string) => boolean): Promise<string> =>
    digestOf(await (sorted ??= linesOf(files)), seen);
  return {
    all: () => digest(() => true),
    of(step) {
      const selection = selectionOf(step, pipelineFile);
      let made = known.get(selection);
      if (!made) known.set(selection, (made = digest(sees(step, pipelineFile))));
      return made;
    },
  };
}

/** The list itself as it is stored, `canonical` of it. */
export async function manifestOf(files: readonly CodeFile[]): Promise<Buffer> {
  const turns = createTurns();
  const texts: string[] = [];
  for (const file of files) {
    texts.push(canonical(file));
    const due = turns();
    if (due) await due;
  }
  return Buffer.from(`[${texts.join(',')}]`);
}

interface Line {
  path: string;
  text: string;
}

async function linesOf(files: readonly CodeFile[]): Promise<Line[]> {
  const turns = createTurns();
  const lines: Line[] = [];
  for (const { path, hash, executable } of files) {
    lines.push({ path, text: canonical([path, hash, executable === true]) });
    const due = turns();
    if (due) await due;
  }
  return sortInTurns(lines, (a, b) => (a.path < b.path ? -1 : 1));
}

/** SHA-256 of `canonical` of the lines that are seen. */
async function digestOf(lines: readonly Line[], seen: (path: string) => boolean): Promise<string> {
  const turns = createTurns();
  const hash = createHash('sha256').update('[');
  let mark = '';
  for (const { path, text } of lines) {
    const due = turns();
    if (due) await due;
    if (!seen(path)) continue;
    hash.update(mark + text);
    mark = ',';
  }
  return hash.update(']').digest('hex');
}
