import { setTimeout as sleep } from 'node:timers/promises';
import { followExecution, type Execution, type Step } from '../../../pipelines/contract.ts';
import { TreadleError } from '../../../platform/errors/index.ts';
import type { Client } from '../client.ts';
import { events } from '../events.ts';

export interface Watcher {
  execution(execution: Execution): void;
  step(step: Step): void;
  log(step: string, text: string): void;
}

/** How long a server that went away may take to come back, ms. */
const PATIENCE = 60_000;

/** Follows an execution to its end, also across a restart of the server; nothing is told twice. */
export async function follow(client: Client, id: string, watcher: Watcher): Promise<void> {
  const told = new Map<string, number>();
  let lost: number | undefined;
  for (;;) {
    try {
      const stream = await client.call(followExecution, { params: { execution: id }, query: { logs: true } });
      lost = undefined;
      const heard = new Map<string, number>();
      for await (const { event, data } of events(stream)) {
        if (event === 'execution') watcher.execution(data as Execution);
        else if (event === 'step') watcher.step(data as Step);
        else if (event === 'end') return;
        else if (event === 'log') {
          const { step, text } = data as { step: string; text: string };
          const before = heard.get(step) ?? 0;
          const skip = Math.max(0, (told.get(step) ?? 0) - before);
          heard.set(step, before + text.length);
          told.set(step, Math.max(told.get(step) ?? 0, before + text.length));
          if (skip < text.length) watcher.log(step, text.slice(skip));
        }
      }
    } catch (error) {
      if (error instanceof TreadleError && error.kind !== 'unavailable') throw error;
      lost ??= Date.now();
      if (Date.now() - lost > PATIENCE) throw error;
    }
    await sleep(300);
  }
}
