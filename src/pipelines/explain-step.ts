import type { Ctx } from '../platform/ctx/index.ts';
import type { Reason, Why } from './contract.ts';
import { selectExecution, selectHistory, selectNumbers, selectStep } from './store.ts';

/** Why a step ran or did not, with everything that its key is made of. */
export async function explainStep(ctx: Ctx, execution: string, name: string): Promise<Why> {
  const row = await selectExecution(ctx, execution);
  const step = await selectStep(ctx, execution, name);
  const last = (await selectHistory(ctx, row.pipeline, execution, [name])).get(name);
  const number = last && (await selectNumbers(ctx, [last.execution_id])).get(last.execution_id);
  const reasons = JSON.parse(step.reasons) as Reason[]; // written by us
  return {
    execution,
    number: row.number,
    step: name,
    state: step.state as Why['state'],
    ...(last && number !== undefined ? { compared_with: { execution: last.execution_id, number } } : {}),
    reasons: reasons.length > 0 ? reasons : [{ part: 'waiting', text: 'it has not been decided yet' }],
    ...(step.parts === null ? {} : { parts: JSON.parse(step.parts) as unknown }),
  };
}
