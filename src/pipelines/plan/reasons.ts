import { readJsonAside } from '../../platform/bodies/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import type { CodeFile, Reason } from '../contract.ts';
import type { Step } from '../file/definition.ts';
import { selectExecution, selectHistory, selectNumbers, type HistoryRow } from '../store.ts';
import type { Hit, Miss } from './cache.ts';
import { codeOf, type KeyParts } from './parts.ts';
import { difference } from './why.ts';

/** Bytes of a list that are read on the loop. */
const FEW = 512 * 1024;

/** Says of each step why it runs or does not: from what the cache said, and from the last time the step's key was known. */
export interface Explainer {
  hit(hit: Hit): Promise<Reason[]>;
  miss(step: Step, parts: KeyParts, why: Miss | 'off' | 'forced'): Promise<Reason[]>;
}

export function explainer(
  ctx: Ctx,
  options: {
    pipeline: string;
    before: string | undefined;
    steps: readonly Step[];
    code: readonly CodeFile[];
    pipelineFile: string;
  },
): Explainer {
  let history: Promise<Map<string, HistoryRow>> | undefined;
  const numbers = new Map<string, number>();
  const manifests = new Map<string, Promise<CodeFile[] | undefined>>();

  async function numberOf(execution: string): Promise<number> {
    const known = numbers.get(execution) ?? (await selectNumbers(ctx, [execution])).get(execution) ?? 0;
    numbers.set(execution, known);
    return known;
  }
  const codeThen = (execution: string): Promise<CodeFile[] | undefined> => {
    const known = manifests.get(execution) ?? readManifest(ctx, execution).catch(() => undefined);
    manifests.set(execution, known);
    return known;
  };

  return {
    async hit({ row }) {
      const where =
        row.pipeline === options.pipeline
          ? `execution ${await numberOf(row.execution_id)}`
          : `execution ${await numberOf(row.execution_id)} of ${row.pipeline}`;
      return [
        {
          part: 'cache',
          name: row.execution_id,
          text: `cached: same as ${where}; command, code, inputs, parameters and environment are unchanged`,
        },
      ];
    },
    async miss(step, parts, why) {
      if (why === 'forced') return [{ part: 'forced', text: 'it was asked to run whatever is cached' }];
      if (why === 'off') return [{ part: 'cache', text: 'its cache is off' }];
      if (why === 'outputs-gone')
        return [
          { part: 'cache', text: 'nothing changed, but an output of its last run is no longer stored' },
        ];
      if (why === 'too-old')
        return [
          { part: 'cache', text: 'nothing changed, but its last result is older than its cache allows' },
        ];
      history ??= selectHistory(
        ctx,
        options.pipeline,
        options.before,
        options.steps.map(({ name }) => name),
      );
      const last = (await history).get(step.name);
      if (!last?.parts) return [{ part: 'new', text: 'it has not run before' }];
      const before = JSON.parse(last.parts) as KeyParts; // written by us
      const then = before.code === parts.code ? undefined : await codeThen(last.execution_id);
      const reasons = difference(
        before,
        parts,
        then && {
          before: codeOf(step, then, options.pipelineFile),
          after: codeOf(step, options.code, options.pipelineFile),
        },
      );
      if (reasons.length > 0) return reasons;
      return [
        {
          part: 'cache',
          name: last.execution_id,
          text: `nothing changed, but in execution ${await numberOf(last.execution_id)} it did not succeed`,
        },
      ];
    },
  };
}

/** The code of an execution: the list is a blob that its creation wrote. */
export async function readManifest(ctx: Ctx, execution: string): Promise<CodeFile[]> {
  const { manifest } = await selectExecution(ctx, execution);
  return readManifestBlob(ctx, manifest);
}

/** Written by us. A project may have tens of thousands of files: read beside the loop. */
export async function readManifestBlob(ctx: Ctx, hash: string): Promise<CodeFile[]> {
  const list = await ctx.blobs.read(hash, 64 << 20);
  if (list.length < FEW) return JSON.parse(list.toString('utf8')) as CodeFile[];
  const { files } = (await readJsonAside([Buffer.from('{"files":'), list, Buffer.from('}')])) as {
    files: CodeFile[];
  };
  return files;
}
