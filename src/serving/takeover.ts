import { getVersion, type ModelFacts, type ModelVersion } from '../models/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { conflict, TreadleError } from '../platform/errors/index.ts';
import type { Variant } from './contract.ts';
import type { Standing } from './new-revision.ts';
import type { NamedRevision } from './store.ts';
import { variantsOf } from './views.ts';

type Input = NonNullable<NonNullable<ModelFacts['signature']>['inputs']>[number];

/** What a deployment says of what it takes over. */
export interface Expectation {
  /** The revision that answers now; 0: none does. */
  expects?: number | undefined;
  /** The other model that it is meant to take the endpoint from. */
  replace?: string | undefined;
}

/** A version with its part in a new revision. */
export interface Newcomer {
  variant: Variant;
  version: ModelVersion;
}

/**
 * Refuses a deployment that would take over what its sender did not mean: another revision than the one expected, or an endpoint
 * whose callers speak to another model with other inputs. Asked within the transaction that numbers the revision, so that nothing
 * comes in between. Answers with what should be known although nothing forbids it.
 */
export async function checkTakeover(
  ctx: Ctx,
  { endpoint, live, preparing }: Standing,
  newcomers: readonly Newcomer[],
  { expects, replace }: Expectation,
): Promise<string[]> {
  if (expects !== undefined && expects !== (live?.revision ?? 0))
    throw unexpected(endpoint.name, expects, live);
  // What is being made ready counts where nothing answers yet: it is as much somebody's as what answers.
  const now = live ?? preparing[0];
  const primary = now && variantsOf(now).find(({ role }) => role === 'champion');
  if (!primary) return [];
  const serves = await versionOf(ctx, primary);
  const before = serves?.facts?.signature?.inputs;
  const warnings: string[] = [];
  for (const { variant, version } of newcomers) {
    if (variant.version_ref === primary.version_ref || variant.role === 'shadow') continue;
    const after = version.facts?.signature?.inputs;
    const same = modelOf(variant) === modelOf(primary);
    // The next version of a model that never said what it takes is no news.
    if (same && (!before || !after)) continue;
    const differ = differences(before, after);
    if (differ.length === 0) continue;
    const [is, comes] = [`${primary.model} v${primary.version}`, `${variant.model} v${variant.version}`];
    const why = differ.slice(0, 6).join('; ') + (differ.length > 6 ? `; and ${differ.length - 6} more` : '');
    if (!same && replace !== primary.model && replace !== serves?.model)
      throw conflict(
        `endpoint '${endpoint.name}' serves another model, ${is}, and ${comes} takes other inputs: ${why}`,
        {
          field: 'replace',
          hint: `deploy to another endpoint, or say that it is meant: --replace ${quoted(primary.model)} (in the API and in deploy: of treadle.yaml the field replace)`,
          code: 'other-model',
        },
      );
    warnings.push(`${comes} takes other inputs than ${is}, which callers spoke to: ${why}`);
  }
  return warnings;
}

/** The endpoint is not as the sender of a deployment expected it. */
export function unexpected(
  name: string,
  expects: number,
  live: Pick<NamedRevision, 'revision' | 'cause' | 'created_by'> | undefined,
): TreadleError {
  const meant = expects === 0 ? 'that nothing answers yet' : `to replace revision ${expects}`;
  const found = live
    ? `revision ${live.revision} answers (${live.cause === 'deploy' ? 'deployed' : 'a rollback'} by ${live.created_by})`
    : 'nothing answers';
  return conflict(
    `endpoint '${name}' has changed meanwhile: the deployment expected ${meant}, and ${found}`,
    {
      field: 'expects',
      hint: `look at it with treadle endpoints ${name}, and deploy again if it is still meant`,
      code: 'changed-meanwhile',
    },
  );
}

/** What an earlier deployment served may be gone from the registry since: then its inputs are not known. */
async function versionOf(
  ctx: Ctx,
  { model, version, version_ref: ref }: Variant,
): Promise<ModelVersion | undefined> {
  try {
    const found = await getVersion(ctx, model, String(version));
    return found.ref === ref ? found : undefined;
  } catch (error) {
    if (error instanceof TreadleError && error.kind === 'missing') return undefined;
    throw error;
  }
}

/** The ledger's name of the model, which stays when it is renamed. */
const modelOf = ({ version_ref: ref }: Variant): string => ref.slice(0, ref.lastIndexOf('/'));

const quoted = (name: string): string => (/^[\w.-]+$/.test(name) ? name : `'${name}'`);

/** What callers of the one would meet at the other: each input that is not as before. None: they meet nothing new. */
export function differences(
  before: readonly Input[] | undefined,
  after: readonly Input[] | undefined,
): string[] {
  if (!before || !after) return [`the inputs of the ${before ? 'new' : 'present'} one are not recorded`];
  const named = (inputs: readonly Input[]): Map<string, Input> =>
    new Map(inputs.map((input, i) => [input.name ?? `input ${i + 1}`, input]));
  const [old, fresh] = [named(before), named(after)];
  return [
    ...[...fresh].flatMap(([name, { type, required }]) => {
      const was = old.get(name);
      if (was === undefined) return required === false ? [] : [`'${name}' (${type}) is new`];
      return was.type === type ? [] : [`'${name}' is ${type} and was ${was.type}`];
    }),
    ...[...old].flatMap(([name, { type }]) =>
      fresh.has(name) ? [] : [`'${name}' (${type}) is no longer read`],
    ),
  ];
}
