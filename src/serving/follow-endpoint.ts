import type { Ctx } from '../platform/ctx/index.ts';
import { TreadleError } from '../platform/errors/index.ts';
import type { ServerSentEvent } from '../platform/http/index.ts';
import type { LiveSecond } from './contract.ts';
import type { Engine } from './engine.ts';
import { requireEndpoint, selectHeads, type EndpointRow } from './store.ts';
import { toRevision } from './views.ts';

/** The last minutes, then a second each second, and every change of what answers or is being prepared. */
export async function* followEndpoint(
  ctx: Ctx,
  endpoint: EndpointRow,
  engine: Engine,
  signal: AbortSignal,
): AsyncGenerator<ServerSentEvent> {
  const waiting: LiveSecond[] = [...engine.live.seconds(endpoint.id)];
  let wake: (() => void) | undefined;
  const deaf = engine.live.listen(endpoint.id, (second) => {
    if (waiting.length > 600) waiting.shift(); // a reader that does not read
    waiting.push(second);
    wake?.();
  });
  const stop = (): void => wake?.();
  signal.addEventListener('abort', stop, { once: true });
  const shown = new Map<string, string>();
  try {
    while (!signal.aborted) {
      yield* changes(ctx, endpoint.name, engine, shown);
      for (let second = waiting.shift(); second; second = waiting.shift())
        yield { event: 'second', data: second };
      if (signal.aborted) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (waiting.length > 0 || signal.aborted) resolve();
      });
    }
  } catch (error) {
    // Taken away while it was watched: there is nothing more to tell.
    if (!(error instanceof TreadleError) || error.kind !== 'missing') throw error;
  } finally {
    deaf();
    signal.removeEventListener('abort', stop);
  }
}

async function* changes(
  ctx: Ctx,
  name: string,
  engine: Engine,
  shown: Map<string, string>,
): AsyncGenerator<ServerSentEvent> {
  const endpoint = await requireEndpoint(ctx, name);
  const head = (await selectHeads(ctx, [endpoint])).get(endpoint.id);
  for (const row of [head?.latest, head?.live]) {
    if (!row) continue;
    const data = toRevision(row, engine);
    const text = JSON.stringify(data);
    if (shown.get(row.id) === text) continue;
    shown.set(row.id, text);
    yield { event: 'revision', data };
  }
}
