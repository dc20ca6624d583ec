import { Type } from 'typebox';
import { getVersion } from '../models/index.ts';
import { job } from '../platform/jobs/index.ts';
import { convertVersion, type Converting } from './conversion/convert.ts';
import { findConversion, updateConversion } from './store.ts';

/** Converts one version; what comes of it is a row, a ledger entry and an event, never a failed job. */
export const convertJob = (using: Converting) =>
  job({
    name: 'model.convert',
    payload: Type.Object({ model: Type.String(), version: Type.Integer({ minimum: 1 }) }),
    attempts: 3,
    concurrency: 1,
    async run(ctx, payload, run) {
      const version = await getVersion(ctx, payload.model, String(payload.version)).catch(() => undefined);
      const row = version && (await findConversion(ctx, version.ref));
      // Deleted since, or another job was quicker.
      if (!version || !row || row.ended_at !== null) return;
      await ctx.write((tx) => updateConversion(tx, version.ref, { state: 'running' }));
      const { tools, probes, ...outcome } = await convertVersion(ctx, using, payload, run.signal);
      const action =
        outcome.state === 'kept' ? 'model_version.converted' : 'model_version.conversion_not_kept';
      await ctx.write(async (tx) => {
        await updateConversion(tx, version.ref, {
          ...outcome,
          tools: tools ? JSON.stringify(tools) : null,
          probes: probes ? JSON.stringify(probes) : null,
          ended_at: tx.clock.now(),
        });
        await tx.record({
          action,
          resource: version.ref,
          after: { ...outcome, ...(tools ? { tools } : {}), ...(probes ? { probes } : {}) },
        });
        await tx.emit({ type: action, subject: version.ref, data: { state: outcome.state } });
        await run.finish(tx);
      });
    },
  });
