import type { Ctx } from '../platform/ctx/index.ts';
import type { ServerSentEvent } from '../platform/http/index.ts';
import type { Execution, Step } from './contract.ts';
import { ENVIRONMENT_LOG, readLog } from './read-log.ts';
import type { Engine } from './run/engine.ts';
import { getExecution } from './views.ts';

/** Changes that come together are told together; a look at thousands of steps is taken less often, so that watching costs a tenth of a core at most. */
const CALM = 100;
const SHARE = 10;
/** A sign of life, so that proxies keep the connection. */
const BEAT = 15_000;

/**
 * An execution as it goes on: first everything as it is, then what changes, and `end`. It looks at the rows and the logs each time
 * that something changed, so nothing is missed and nothing comes twice. Followers who are as far as each other share a look.
 */
export async function* followExecution(
  ctx: Ctx,
  id: string,
  options: { logs: boolean },
  engine: Engine,
  signal: AbortSignal,
): AsyncGenerator<ServerSentEvent> {
  let shown: string | undefined;
  const steps = new Map<string, string>();
  const offsets = new Map<string, number>();
  const { hub } = engine;
  using _watching = hub.watching(id);
  while (!signal.aborted) {
    const began = performance.now();
    // Asked for before the look: a change between the two is not lost.
    const changed = hub.next(id, BEAT, signal);
    const seen = await hub.look(id, 'rows', () => getExecution(ctx, id));
    const { steps: all, warnings: _warnings, ...execution } = seen;
    const over = execution.state !== 'queued' && execution.state !== 'running';
    // What a step said comes before what became of it.
    if (options.logs) {
      const loud = [
        ENVIRONMENT_LOG,
        ...all.filter(({ state, attempt }) => attempt > 0 && state !== 'cached').map(({ name }) => name),
      ];
      for (const name of loud) yield* newText(ctx, id, name, offsets, engine);
    }
    for (const step of all) {
      const text = JSON.stringify(step);
      if (steps.get(step.name) === text) continue;
      steps.set(step.name, text);
      yield { event: 'step', data: step };
    }
    const text = JSON.stringify(execution);
    if (text !== shown) yield { event: 'execution', data: execution satisfies Execution };
    shown = text;
    if (over) {
      yield { event: 'end', data: { state: execution.state } };
      return;
    }
    const calm = Math.max(CALM, SHARE * (performance.now() - began));
    await changed;
    await new Promise((resolve) => setTimeout(resolve, calm));
  }
}

async function* newText(
  ctx: Ctx,
  id: string,
  step: Step['name'],
  offsets: Map<string, number>,
  engine: Engine,
): AsyncGenerator<ServerSentEvent> {
  for (;;) {
    const offset = offsets.get(step) ?? 0;
    const { text, next } = await engine.hub.look(id, `log ${step} ${offset}`, () =>
      readLog(ctx, id, step, { offset }, engine),
    );
    if (next === offset) return;
    offsets.set(step, next);
    yield { event: 'log', data: { step, text } };
  }
}
