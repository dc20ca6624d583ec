import type { When } from './definition.ts';
import { suggestion } from './problem.ts';
import type { PipelineFile } from './schema.ts';
import type { Say } from './source.ts';

/** `flights` is `flights@main`. */
export const branchRef = (ref: string): string => (ref.includes('@') ? ref : `${ref}@main`);

/** `when:` of a file: which changes to data and models it checks. */
export function resolveWhen({ when = {}, data = {}, gate }: PipelineFile, say: Say): When {
  const read = new Set(Object.values(data).map(branchRef));
  const proposed = [when.dataset_proposed ?? []].flat().map((written) => branchRef(data[written] ?? written));
  for (const ref of proposed) {
    if (!read.has(ref))
      say(
        'error',
        'when.dataset_proposed',
        'value',
        `this pipeline does not read ${ref}, so it cannot check what is proposed for it`,
        suggestion(ref, [...Object.keys(data), ...read]),
      );
    else if (/@v\d+$/.test(ref))
      say(
        'error',
        'when.dataset_proposed',
        'value',
        `${ref} is a version, and merges are proposed into branches`,
        'read a branch under data: flights@main',
      );
  }
  const registered = [when.version_registered ?? []].flat();
  if (registered.length > 0 && !gate)
    say(
      'error',
      'when.version_registered',
      'key',
      'there is no gate that could judge a version',
      'add gate: { data: step.output, label: …, rules: […] }',
    );
  return { dataset_proposed: [...new Set(proposed)], version_registered: [...new Set(registered)] };
}
