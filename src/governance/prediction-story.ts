import { nounOf, onceEach } from '../ledger/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import type { PredictionLineage } from './contract.ts';
import { gapsOf } from './gaps.ts';
import type { FactsOf, Rooms } from './rooms.ts';
import { follow, type Plan, type Thread } from './thread.ts';

/** What a model came from: neither who judged it nor where it or its siblings were deployed. */
const ORIGIN: ReadonlySet<string> = new Set([
  'registered-from',
  'trained-by',
  'derived-from',
  'converted-from',
  'read',
  'produced',
  'part-of',
  'reused',
]);

/** Nouns that the story has beside what the model is made of, and where it goes on from them. */
const BESIDE: Readonly<Record<string, ReadonlySet<string>>> = {
  prediction: new Set(['given-by', 'answered-by', 'stood-on']),
  revision: new Set(['part-of']),
  endpoint: new Set(),
  // Its own data and the champion that it was compared with are no part of this model.
  evaluation: new Set(),
  step: new Set(),
};
const ASKED: Readonly<Record<string, ReadonlySet<string>>> = {
  ...BESIDE,
  model_version: ORIGIN.union(new Set(['judged-by'])),
  run: ORIGIN.union(new Set(['ran-as'])),
};
const PLAN: Plan = {
  follow: (noun) => ASKED[noun] ?? ORIGIN,
  nearest: new Set(['model_version', 'run']),
};

/**
 * The story of one answer, in one call. Nothing was stored for it: its id names the revision, and what each room says of its own
 * nouns leads on from there, with the ledger's arrows as proof. What is not known is said in `gaps`, with the reason.
 */
export async function predictionStory(ctx: Ctx, id: string, rooms: Rooms): Promise<PredictionLineage> {
  const root = `prediction:${id}`;
  const thread = await follow(ctx, root, rooms, PLAN);
  const { facts } = thread;
  const prediction = facts.prediction.get(root);
  const revision = prediction && facts.revision.get(prediction.revision);
  const endpoint = revision && facts.endpoint.get(revision.endpoint);
  if (!prediction || !revision || !endpoint)
    throw missing('the revision that gave this answer is not known here', {
      field: 'prediction',
      hint: 'ask in the workspace of the endpoint',
    });
  const { at, variant } = prediction;
  const version = facts.model_version.get(variant.version_ref);
  const registered = version?.registered;
  // The nearest run: the one that the version names, else the one that the ledger says trained it.
  const runRef = thread.nodes.find((node) => nounOf(node) === 'run');
  const run = runRef === undefined ? undefined : facts.run.get(runRef);
  const code = run && codeOf(run, [...facts.step.values()][0]);
  const datasets = datasetsOf(thread);
  const { evaluation, proof } = judgedBy(thread, variant.evaluation);
  return {
    prediction: id,
    at,
    endpoint: { id: endpoint.id, name: endpoint.name },
    revision: revision.revision,
    variant,
    model_version: {
      ref: variant.version_ref,
      model: version?.model ?? variant.model,
      version: variant.version,
      ...(registered?.digest === undefined ? {} : { digest: registered.digest }),
      created_at: registered?.at ?? revision.revision.created_at,
      created_by: registered?.by ?? 'unknown',
    },
    ...(run ? { run: toRun(run) } : {}),
    ...(code ? { code } : {}),
    datasets,
    ...(evaluation ? { evaluation } : {}),
    ...(proof ? { proof } : {}),
    edges: edgesOf(thread, [prediction.revision, ...(evaluation ? [`evaluation:${evaluation.id}`] : [])]),
    gaps: gapsOf({
      unrecorded: prediction.unrecorded,
      deleted: prediction.deleted,
      endpoint,
      variant,
      version,
      run: runRef,
      known: run !== undefined,
      code,
      datasets,
      evaluation,
      proof,
      truncated: thread.truncated,
    }),
  };
}

const toRun = ({ code: _code, ...run }: FactsOf['run']): NonNullable<PredictionLineage['run']> => run;

/** What a pipeline captured says more than what a client says; both may be there. */
function codeOf(
  { code: told }: FactsOf['run'],
  step: FactsOf['step'] | undefined,
): PredictionLineage['code'] | undefined {
  const commit = step?.git?.commit ?? told.commit;
  const dirty = step?.git?.dirty ?? told.dirty;
  const repository = step?.git?.remote ?? told.repository;
  const command = step?.command ?? told.command;
  const code = {
    ...(commit === undefined ? {} : { commit }),
    ...(dirty === undefined ? {} : { dirty }),
    ...(repository === undefined ? {} : { repository }),
    ...(step ? { digest: step.digest, execution: step.execution } : {}),
    ...(command === undefined ? {} : { command }),
  };
  return Object.keys(code).length === 0 ? undefined : code;
}

/** The arrows of what the model is made of, each with its far end among the nodes of the story. */
function originOf({ nodes, arrows }: Thread): Thread['arrows'] {
  const held = new Set(nodes);
  return arrows.filter(
    ({ near, end, relation }) =>
      !Object.hasOwn(BESIDE, nounOf(near)) && ORIGIN.has(relation) && held.has(end),
  );
}

function datasetsOf(thread: Thread): PredictionLineage['datasets'] {
  return onceEach(originOf(thread))
    .filter(
      ({ from, to, relation }) => relation === 'read' && from !== to && /^dataset_(version|input):/.test(to),
    )
    .map(({ from, to }) => {
      const version = thread.facts.dataset_version.get(to);
      return {
        ref: to,
        ...(version ? { name: version.dataset, version: version.version, hash: version.hash } : {}),
        read_by: from,
      };
    });
}

/** What stood when the version was deployed; of one that was deployed unjudged, its newest evaluation. */
function judgedBy(
  { nodes, facts }: Thread,
  stoodRef: string | undefined,
): Pick<PredictionLineage, 'evaluation' | 'proof'> {
  const stood = stoodRef === undefined ? undefined : facts.evaluation.get(stoodRef);
  // The other one that was reached is the version's newest, where that is another one by now.
  const newer = nodes.find((node) => nounOf(node) === 'evaluation' && node !== stoodRef);
  const newest = newer === undefined ? undefined : facts.evaluation.get(newer);
  const told = stood ?? newest;
  if (!told) return {};
  const { proof, id, verdict, at, metrics } = told;
  return {
    evaluation: {
      id,
      verdict,
      at,
      metrics,
      when: stood ? 'before deployment' : 'after deployment',
      ...(stood && newest ? { since: { id: newest.id, verdict: newest.verdict, at: newest.at } } : {}),
    },
    ...(proof ? { proof } : {}),
  };
}

/** The ledger's arrows that prove it: of what the model is made of, and all that these others say of themselves. */
function edgesOf(thread: Thread, others: readonly string[]): PredictionLineage['edges'] {
  const whole = new Set(others);
  return onceEach([...thread.arrows.filter(({ near }) => whole.has(near)), ...originOf(thread)]).toSorted(
    (a, b) => a.seq - b.seq,
  );
}
