import { createReadStream } from 'node:fs';
import path from 'node:path';
import { openBelow } from '../../platform/files/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { outwardMessageOf } from '../../platform/errors/index.ts';
import type { CodeFile } from '../contract.ts';
import type { Environment } from '../../environments/index.ts';
import { environmentSource } from '../environment-source.ts';
import { updateExecution, type ExecutionRow } from '../store.ts';
import type { Engine } from './engine.ts';
import { openLog } from './log-file.ts';

/**
 * Makes the environments that the steps need and that are not there, and notes what each is. What was said is kept with the
 * execution. Throws when one cannot be made, or as soon as the signal aborts.
 */
export async function prepareEnvironments(
  ctx: Ctx,
  engine: Engine,
  row: ExecutionRow,
  wanted: {
    envs: Iterable<string>;
    code: readonly CodeFile[];
    instead: string | undefined;
    signal: AbortSignal;
  },
): Promise<Map<string, Environment>> {
  const { envs, code, instead, signal } = wanted;
  const log = openLog(engine.logOf(row.id, '_environment'));
  const say = (text: string): void => {
    log.write(Buffer.from(`${text}\n`));
    engine.hub.changed(row.id);
  };
  const made = new Map<string, Environment>();
  try {
    for (const env of new Set(envs)) {
      const source =
        env === 'system' || instead === undefined
          ? await environmentSource(ctx, env, code)
          : { kind: 'requirements' as const, text: (await ctx.blobs.read(instead)).toString('utf8') };
      made.set(env, await untilAborted(engine.environments.prepare(source, say), signal));
    }
    const facts = Object.fromEntries(
      [...made].map(([name, { identity, observed }]) => [name, { identity, observed }]),
    );
    await ctx.write((tx) => updateExecution(tx, row.id, { environments: JSON.stringify(facts) }));
    return made;
  } catch (error) {
    if (!signal.aborted) say(outwardMessageOf(error));
    throw error;
  } finally {
    log.close();
    const fd =
      log.size > 0 && !signal.aborted ? openBelow(path.dirname(log.path), path.basename(log.path)) : 'gone';
    if (typeof fd === 'number') {
      const { hash } = await ctx.blobs.put(createReadStream('', { fd }));
      await ctx.write((tx) => updateExecution(tx, row.id, { environment_log: hash }));
    }
  }
}

/** The promise, or a rejection as soon as the signal aborts. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new Error('cancelled'));
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
