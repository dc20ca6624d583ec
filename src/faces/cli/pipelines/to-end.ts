import { cancelExecution, getExecution, type ExecutionDetail } from '../../../pipelines/contract.ts';
import type { Cli } from '../frame.ts';
import { follow } from './follow.ts';
import { liveView } from './live.ts';

/** Shows an execution until it ends; Ctrl-C cancels it. */
export async function showToEnd(
  cli: Cli,
  execution: ExecutionDetail,
  logs: boolean,
): Promise<{ ended: ExecutionDetail; interrupted: boolean }> {
  const client = cli.client();
  const output = cli.output();
  const view = liveView(output, execution, { logs });
  let asked = false;
  const interrupt = (): void => {
    if (asked) process.exit(130);
    asked = true;
    output.say('cancelling …');
    void client.call(cancelExecution, { params: { execution: execution.id } }).catch(() => undefined);
  };
  process.on('SIGINT', interrupt);
  try {
    await follow(client, execution.id, view);
  } finally {
    process.off('SIGINT', interrupt);
    view.close();
  }
  const ended = await client.call(getExecution, { params: { execution: execution.id } });
  for (const { name, outcome } of ended.steps)
    for (const warning of outcome?.warnings ?? []) output.say(`warning: ${name}: ${warning}`);
  return { ended, interrupted: asked && ended.state === 'cancelled' };
}
