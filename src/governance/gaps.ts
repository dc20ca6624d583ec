import { idOf } from '../ledger/index.ts';
import { keptFor } from '../serving/contract.ts';
import type { PredictionLineage } from './contract.ts';
import type { FactsOf } from './rooms.ts';

/** What is not known of a prediction, and why: a story with a hole says so, rather than look whole. */
export function gapsOf(story: {
  unrecorded: FactsOf['prediction']['unrecorded'];
  deleted: FactsOf['prediction']['deleted'];
  endpoint: FactsOf['endpoint'];
  variant: PredictionLineage['variant'];
  version: FactsOf['model_version'] | undefined;
  /** The ref of the run; `known` says whether it is still there. */
  run: string | undefined;
  known: boolean;
  code: PredictionLineage['code'];
  datasets: PredictionLineage['datasets'];
  evaluation: PredictionLineage['evaluation'];
  proof: PredictionLineage['proof'];
  truncated: boolean;
}): string[] {
  const { version, variant, run, code, datasets } = story;
  const gaps: string[] = [];
  gaps.push(...unrecordedGaps(story.unrecorded));
  if (story.deleted) gaps.push(`record: ${whyDeleted(story.deleted)}`);
  if (story.endpoint.deleted) gaps.push('endpoint: it was taken away since');
  if (!version?.registered)
    gaps.push(`model version: ${variant.model} v${variant.version} was deleted from the registry since`);
  else if (version.registered.digest === undefined)
    gaps.push('model version: its files are kept outside, so they have no digest here');
  if (!story.known)
    gaps.push(
      run === undefined
        ? 'run: the version was registered without one'
        : `run: ${idOf(run)} was deleted since`,
    );
  if (code === undefined) gaps.push('code: neither a pipeline nor the client said which code ran');
  else if (code.commit === undefined)
    gaps.push('code commit: the code was not in a Git repository, or nobody said');
  else if (code.dirty === true) gaps.push('code commit: files differed from the commit');
  if (datasets.length === 0) gaps.push('datasets: nothing in its lineage says what it read');
  for (const { ref, name } of datasets)
    if (name === undefined)
      gaps.push(
        ref.startsWith('dataset_input:')
          ? `datasets: ${ref} was read from outside and is known by its digest alone`
          : `datasets: ${ref} is not here any more`,
      );
  if (!story.evaluation) gaps.push('evaluation: this version was never judged here');
  else if (!story.proof) gaps.push('proof: its evaluation has none');
  if (story.truncated) gaps.push('edges: the lineage is longer than one answer holds');
  return gaps;
}

function unrecordedGaps(unrecorded: FactsOf['prediction']['unrecorded']): string[] {
  if (!unrecorded) return [];
  const { sample, dropped, hashed } = unrecorded;
  if (sample !== undefined)
    return [
      `record: not recorded: the endpoint recorded ${Number((100 * sample).toPrecision(3))} % of its predictions, and this is none of them`,
    ];
  return [
    ...(dropped.length === 0
      ? []
      : [`columns: ${dropped.join(', ')} not recorded: the endpoint dropped them`]),
    ...(hashed.length === 0 ? [] : [`columns: ${hashed.join(', ')} recorded as a keyed hash alone`]),
  ];
}

function whyDeleted({ reason, keep_ms, at }: NonNullable<FactsOf['prediction']['deleted']>): string {
  const when = new Date(at).toISOString();
  return reason === 'age' && keep_ms !== undefined
    ? `its inputs and outputs were deleted by retention at ${when}: the endpoint kept predictions for ${keptFor(keep_ms)}`
    : `its inputs and outputs were deleted at ${when}: recorded predictions took more room than they may, and the oldest went`;
}
