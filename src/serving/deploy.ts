import { Compile } from 'typebox/compile';
import type { Ctx } from '../platform/ctx/index.ts';
import { conflict, invalid, TreadleError } from '../platform/errors/index.ts';
import { getVersion, holdVersion, type ModelVersion } from '../models/index.ts';
import { newestFor, type Evaluation } from '../validation/index.ts';
import {
  EndpointName,
  ROLE_WORDS,
  type Recording,
  type Runtime,
  type Variant,
  type VariantRole,
} from './contract.ts';
import type { Engine } from './engine.ts';
import type { PrepareJob } from './jobs.ts';
import { addRevision, type Wish } from './new-revision.ts';
import { lostRules } from './recorded-columns.ts';
import { applyRecording, changeKeeping } from './set-recording.ts';
import { findRevisionById, type NamedRevision } from './store.ts';
import { checkTakeover, type Expectation, type Newcomer } from './takeover.ts';

interface Target {
  model?: string;
  version: string;
  runtime?: Runtime;
}

export interface NewDeployment extends Target, Expectation {
  endpoint: string;
  model: string;
  canary?: Target & { percent: number };
  shadow?: Target & { percent: number };
  sticky?: boolean;
  strict?: boolean;
  load_timeout_s?: number;
  records?: Recording;
  note?: string;
  /** Who asks, where it is no person: `release:<id>`. */
  asked_by?: string;
  /** A step of a rollout: the revision that a rollback goes back to, whichever step came in between. */
  back?: number;
}

/** The room's door is open to other rooms, which no contract checks. */
const name = Compile(EndpointName);
const isName = (text: string): boolean => name.Check(text);

/** Writes down what shall answer, and lets a job make it so. Returns at once, with the revision as it is being prepared. */
export async function deploy(
  ctx: Ctx,
  input: NewDeployment,
  engine: Engine,
  job: PrepareJob,
): Promise<NamedRevision> {
  if (!isName(input.endpoint))
    throw invalid(`'${input.endpoint.slice(0, 120)}' cannot be the name of an endpoint`, {
      field: 'endpoint',
      hint: 'use letters, digits, dots, dashes and underscores, 100 at most',
    });
  const canary = input.canary?.percent ?? 0;
  const newcomers: Newcomer[] = [];
  const wishes: Wish[] = [];
  const warnings: string[] = [];
  const add = async (role: VariantRole, target: Target, percent: number): Promise<void> => {
    const { model = input.model, runtime } = target;
    const { newcomer, warning } = await newcomerOf(ctx, role, { ...target, model }, percent);
    const { variant } = newcomer;
    const twin = newcomers.find(
      ({ variant: other }) => other.version_ref === variant.version_ref && other.runtime === variant.runtime,
    )?.variant;
    if (twin)
      throw invalid(
        `the ${ROLE_WORDS[role]} is the same as the ${ROLE_WORDS[twin.role]}: ${variant.model} v${variant.version}`,
        {
          field: `${role}.version`,
          hint: 'give it another version, or another runtime',
        },
      );
    newcomers.push(newcomer);
    if (warning !== undefined) warnings.push(warning);
    wishes.push({
      ...(runtime === undefined ? {} : { runtime }),
      ...(input.load_timeout_s === undefined ? {} : { load: input.load_timeout_s * 1000 }),
    });
  };
  await add('champion', input, 100 - canary);
  if (input.canary) await add('canary', input.canary, canary);
  if (input.shadow) await add('shadow', input.shadow, input.shadow.percent);
  return ctx.write(async (tx) => {
    // In one order, so that two who deploy the same models do not wait for each other.
    for (const { version } of newcomers.toSorted((a, b) => a.version.ref.localeCompare(b.version.ref)))
      await holdVersion(tx, version.model, version.version);
    const { row, gaveWay, endpoint } = await addRevision(
      tx,
      {
        endpoint: input.endpoint,
        cause: 'deploy',
        variants: newcomers.map(({ variant }) => variant),
        wishes,
        sticky: input.sticky ?? true,
        strict: input.strict ?? false,
        note: input.note,
        asked_by: input.asked_by,
        back: input.back,
        warnings,
      },
      true,
      engine.guards,
      async (standing) => [
        ...(await checkTakeover(tx, standing, newcomers, input)),
        ...lostRules(standing.endpoint, newcomers),
      ],
    );
    const { records } = input;
    if (records !== undefined) await changeKeeping(tx, endpoint, { records });
    await tx.enqueue(job, { revision: row.id });
    tx.afterCommit(() => {
      for (const id of gaveWay) engine.watch.changed(id);
      // What answers until the new one is ready keeps no more than was said either.
      if (records !== undefined)
        applyRecording(ctx, endpoint, engine).catch((error: unknown) =>
          ctx.log.error('planes could not be told what to keep of predictions', { error }),
        );
    });
    return row;
  });
}

async function newcomerOf(
  ctx: Ctx,
  role: VariantRole,
  target: Target & { model: string },
  percent: number,
): Promise<{ newcomer: Newcomer; warning: string | undefined }> {
  const version = await findVersion(ctx, role, target);
  const evaluation = await newestFor(ctx, version.ref);
  const flavors = version.facts?.flavors ?? {};
  const variant: Variant = {
    role,
    model: version.model,
    version: version.version,
    version_ref: version.ref,
    percent,
    // A guess until it is prepared, where the flavours really decide.
    runtime: target.runtime ?? ('onnx' in flavors ? 'onnx' : 'python'),
    ...(evaluation ? { evaluation: evaluation.ref } : {}),
  };
  return {
    newcomer: { variant, version },
    warning: evaluation && notPassed(`${version.model} v${version.version}`, evaluation),
  };
}

/** A person may deploy what no gate let pass; nobody shall do so without being told. */
function notPassed(name: string, { id, verdict, reasons }: Evaluation): string | undefined {
  if (verdict === 'pass' || verdict === undefined) return undefined;
  const said =
    verdict === 'fail' ? 'was refused by its newest gate' : 'was not decided on by its newest gate';
  return `${name} ${said} (${verdict}, evaluation ${id})${reasons[0] === undefined ? '' : `: ${reasons[0]}`}`;
}

/** Names the field of the request in which the model or version stood. */
async function findVersion(
  ctx: Ctx,
  role: VariantRole,
  { model, version }: Target & { model: string },
): Promise<ModelVersion> {
  const prefix = role === 'champion' ? '' : `${role}.`;
  try {
    return await getVersion(ctx, model, version.replace(/^v(?=\d)/, ''));
  } catch (error) {
    if (!(error instanceof TreadleError)) throw error;
    const field = `${prefix}${error.field === 'name' ? 'model' : 'version'}`;
    throw new TreadleError(error.kind, error.message, {
      field,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    });
  }
}

/** Waits until a revision is no longer being prepared, `ms` at most. Looks at the row, for another server may do the work. */
export async function waitFor(
  ctx: Ctx,
  id: string,
  ms: number,
  engine: Engine,
  options: { signal?: AbortSignal; say?: (stage: string) => void } = {},
): Promise<NamedRevision> {
  const end = performance.now() + ms;
  let said: string | undefined;
  for (;;) {
    const left = end - performance.now();
    const changed = engine.watch.next(id, Math.max(0, Math.min(1000, left)), options.signal);
    const row = await findRevisionById(ctx, id);
    if (!row) throw conflict('the revision is gone', { hint: 'deploy again' });
    const stage = engine.stages.get(id);
    if (stage !== undefined && stage !== said) options.say?.((said = stage));
    // Live on disk is not yet live in the planes: the stage goes when they have switched.
    const settled = row.state !== 'preparing' && stage === undefined;
    if (settled || left <= 0 || options.signal?.aborted === true) return row;
    await changed;
  }
}
