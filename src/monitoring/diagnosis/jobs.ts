import { Type, type Static } from 'typebox';
import type { Tx } from '../../platform/ctx/index.ts';
import { job, type JobType } from '../../platform/jobs/index.ts';
import { findAlert, findReport, insertReport } from '../store-alerts.ts';
import { diagnose, frozen, type Parts } from './diagnose.ts';

const Payload = Type.Object({ alert: Type.String() });
export type DiagnoseJob = JobType<Static<typeof Payload>>;

/** Makes the report of an alert once it fires: nobody who is woken up waits for it. The first one stays for good. */
export const diagnoseJob = (parts: Parts): DiagnoseJob =>
  job({
    name: 'alert.diagnose',
    payload: Payload,
    attempts: 10,
    concurrency: 1,
    async run(ctx, { alert: id }, run) {
      const alert = await findAlert(ctx, id);
      if (!alert || (await findReport(ctx, id))) return ctx.write((tx) => run.finish(tx));
      const { text, sha256 } = frozen(await diagnose(ctx, parts, alert, run));
      await ctx.write(async (tx) => {
        const created_at = tx.clock.now();
        if (
          await insertReport(tx, { alert_id: id, workspace: tx.workspace, created_at, sha256, report: text })
        ) {
          const resource = `alert:${id}`;
          await tx.record({ action: 'alert.diagnosed', resource, after: { sha256 } });
          await tx.emit({ type: 'alert.diagnosed', subject: resource });
        }
        await run.finish(tx);
      });
    },
  });

/** With the event that it fires for the first time. */
export const enqueueDiagnosis = (tx: Tx, type: DiagnoseJob, alert: string): Promise<string> =>
  tx.enqueue(type, { alert }, { uniqueKey: alert });
