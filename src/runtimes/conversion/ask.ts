import { getVersion, type ModelFacts, type ModelVersion } from '../../models/index.ts';
import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { invalid, missing } from '../../platform/errors/index.ts';
import type { Subscriber } from '../../platform/events/index.ts';
import type { Download } from '../../platform/http/index.ts';
import type { JobType } from '../../platform/jobs/index.ts';
import type { Conversion } from '../contract.ts';
import { CONVERTED } from '../prepare-model.ts';
import { findConversion, queueConversion, toConversion, TOLERANCE } from '../store.ts';

export type ConvertPayload = { model: string; version: number };
type ConvertJob = JobType<ConvertPayload>;

/** A registration is mostly followed by more of the same script; making an environment would only be in its way. */
const LATER = 10_000;

/** Why a version has nothing to convert, or undefined. */
export function unconvertible(facts: ModelFacts | undefined): string | undefined {
  if (!facts) return 'its files are not here';
  if ('onnx' in facts.flavors) return 'it has an ONNX form of its own';
  if (!('sklearn' in facts.flavors)) return 'only scikit-learn models are converted';
  const inputs = facts.signature?.inputs;
  if (!inputs?.length) return 'it has no signature: log it with one';
  if (facts.input_example === undefined)
    return 'it has no input example to compare answers on: log it with one';
  return undefined;
}

export async function readConversion(ctx: Ctx, model: string, which: string): Promise<Conversion> {
  const version = await getVersion(ctx, model, which);
  const row = await findConversion(ctx, version.ref);
  if (row) return toConversion(version, row);
  const reason = unconvertible(version.facts);
  return {
    model: version.model,
    version: version.version,
    version_ref: version.ref,
    state: reason === undefined ? 'offered' : 'none',
    tolerance: TOLERANCE,
    ...(reason === undefined ? {} : { reason }),
  };
}

/** The ONNX file of a conversion that was kept. */
export async function openConversion(ctx: Ctx, model: string, which: string): Promise<Download> {
  const version = await getVersion(ctx, model, which);
  const row = await findConversion(ctx, version.ref);
  if (row?.state !== 'kept' || row.blob === null)
    throw missing(`version ${version.version} of model '${model}' has no ONNX form that was kept`, {
      field: 'version',
      hint: 'GET …/conversion says why',
    });
  return {
    stream: await ctx.blobs.open(row.blob),
    size: row.size ?? 0,
    filename: CONVERTED,
    etag: row.blob,
    immutable: true,
  };
}

/** Asked for by a person: one ledger entry, and a job. One that runs is left to it; one that waits begins at once. */
export async function askConversion(
  ctx: Ctx,
  convert: ConvertJob,
  model: string,
  which: string,
): Promise<Conversion> {
  const version = await getVersion(ctx, model, which);
  const reason = unconvertible(version.facts);
  if (reason !== undefined)
    throw invalid(`version ${version.version} of model '${model}' cannot be converted: ${reason}`, {
      field: 'version',
      hint: 'serve it in its own Python environment',
    });
  await ctx.write(async (tx) => {
    const row = await findConversion(tx, version.ref);
    if (row?.state === 'running') return;
    await tx.record({ action: 'model_version.conversion_requested', resource: version.ref });
    await tx.emit({ type: 'model_version.conversion_requested', subject: version.ref });
    await queue(tx, convert, version, tx.actor.name, 0);
  });
  return readConversion(ctx, model, which);
}

async function queue(
  tx: Tx,
  convert: ConvertJob,
  version: ModelVersion,
  by: string,
  delay: number,
): Promise<void> {
  await queueConversion(tx, version.ref, by);
  const payload = { model: version.model, version: version.version };
  await tx.enqueue(convert, payload, { runAt: tx.clock.now() + delay });
}

/** Every scikit-learn version that is registered is offered conversion; registering never waits for it, nor fails by it. */
export const offerConversion = (convert: ConvertJob): Subscriber => ({
  name: 'runtimes.conversion',
  types: ['model_version.created'],
  async handle(tx, event) {
    const { name, version: number } = (event.data ?? {}) as { name?: unknown; version?: unknown };
    if (typeof name !== 'string' || typeof number !== 'number') return;
    const version = await getVersion(tx, name, String(number)).catch(() => undefined); // deleted since
    if (!version || version.ref !== event.subject || unconvertible(version.facts) !== undefined) return;
    if (await findConversion(tx, version.ref)) return;
    await queue(tx, convert, version, event.actor, LATER);
  },
});
