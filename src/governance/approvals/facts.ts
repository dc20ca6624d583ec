import { getVersion, versionContent, type VersionContent } from '../../models/index.ts';
import { askersOf } from '../../pipelines/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { makerOf } from '../../tracking/index.ts';
import { newestFor, type Evaluation } from '../../validation/index.ts';
import type { Approved, CheckResult, Policy } from '../contract/approvals.ts';
import { digestOf, keyOf, type About } from './covers.ts';

type Found = Omit<CheckResult, 'wanted'>;

/** What there is to approve of a version now. */
export interface Facts {
  approved: Approved;
  digest: string;
  checks: CheckResult[];
  /** Ids of people. */
  authors: string[];
  /** Digest over its files, where they are here and still what was registered. */
  content: string | undefined;
}

export async function factsOf(
  ctx: Ctx,
  about: About,
  { model, version }: { model: string; version: number },
  policies: readonly Policy[],
): Promise<Facts> {
  const content = await versionContent(ctx, model, version);
  const evaluation = await newestFor(ctx, content.ref);
  const { description, model_description } = content;
  const card = { description: description ?? '', model_description: model_description ?? '' };
  const same = content.registered !== undefined && content.registered === content.now;
  const approved: Approved = {
    target: keyOf(about),
    version: content.ref,
    content: content.now ?? '',
    ...(evaluation ? { evaluation: { ref: evaluation.ref, digest: digestOf(foundBy(evaluation)) } } : {}),
    card: digestOf(card),
    policies: policies.map(({ name, revision, digest }) => ({ name, revision, digest })),
  };
  return {
    approved,
    digest: digestOf(approved),
    checks: [
      gate(evaluation),
      disjoint(evaluation),
      described(content),
      await scanned(ctx, model, version),
    ].map((found) => ({
      ...found,
      wanted: policies.some(({ terms }) => terms.checks.includes(found.check)),
    })),
    authors: await authorsOf(ctx, content),
    content: same ? content.registered : undefined,
  };
}

/** What an evaluation found, and on what: not where it stands in somebody's list. */
const foundBy = ({
  ref,
  version_ref,
  verdict,
  reasons,
  metrics,
  rules,
  proof,
  data_ref,
}: Evaluation): object => ({
  ref,
  version_ref,
  verdict: verdict ?? null,
  reasons,
  // Figures may be no number, which canonical JSON has no word for.
  metrics: metrics.map(({ name, value }) => ({ name, value: String(value) })),
  rules: rules.map(({ rule, verdict: one }) => ({ rule, verdict: one })),
  proof: proof ? { id: proof.id, verdict: proof.verdict } : null,
  data: data_ref ?? null,
});

function gate(evaluation: Evaluation | undefined): Found {
  if (!evaluation) return { check: 'gate', holds: false, says: 'no evaluation of it came to an end' };
  const { verdict = 'none', id } = evaluation;
  return { check: 'gate', holds: verdict === 'pass', says: `its newest evaluation, ${id}, says ${verdict}` };
}

function disjoint(evaluation: Evaluation | undefined): Found {
  const proof = evaluation?.proof;
  if (!proof) return { check: 'disjoint', holds: false, says: 'its newest evaluation holds no proof' };
  return { check: 'disjoint', holds: proof.verdict === 'pass', says: proof.summary };
}

function described({ description = '', model_description = '' }: VersionContent): Found {
  const lacking = [
    ...(model_description.trim() === '' ? ['its model'] : []),
    ...(description.trim() === '' ? ['the version'] : []),
  ];
  return {
    check: 'card',
    holds: lacking.length === 0,
    says:
      lacking.length === 0
        ? 'version and model are described'
        : `nobody has described ${lacking.join(' and ')}`,
  };
}

const CODE = /\.(pkl|pickle|joblib|dill|cloudpickle|pt|pth|ckpt|npy|npz|h5|hdf5|keras|rds|mar)$/i;

/** What runs code when it is loaded, as far as names and the MLmodel file tell. Bytes are not looked at. */
async function scanned(ctx: Ctx, model: string, version: number): Promise<Found> {
  const { facts } = await getVersion(ctx, model, String(version));
  if (!facts) return { check: 'scan', holds: false, says: 'its files are not here' };
  const pickled = Object.entries(facts.flavors).filter(([, flavor]) =>
    Object.entries(flavor as object).some(
      ([key, value]) =>
        /pickle|serialization_format/.test(key) || (typeof value === 'string' && CODE.test(value)),
    ),
  );
  return pickled.length === 0
    ? {
        check: 'scan',
        holds: true,
        says: 'nothing in its MLmodel file names a pickle, or what stands on one',
      }
    : {
        check: 'scan',
        holds: false,
        says: `to load it runs code from its files: ${pickled.map(([name]) => name).join(', ')}`,
      };
}

/** The people who registered it, began its run, or asked for the execution that made it. */
async function authorsOf(ctx: Ctx, { created_user, run }: VersionContent): Promise<string[]> {
  const users = new Set<string>(created_user === undefined ? [] : [created_user]);
  if (run !== undefined) {
    const maker = await makerOf(ctx, run);
    if (maker && maker.user !== null) users.add(maker.user);
    const executions = maker && maker.execution !== null ? [maker.execution] : [];
    for (const user of await askersOf(ctx, { runs: [run], executions })) users.add(user);
  }
  return [...users].toSorted();
}
