import type { Subscriber } from '../platform/events/index.ts';
import type { Engine } from './engine.ts';
import { fire } from './fire.ts';
import { lookAgain } from './move.ts';
import { settingsOf } from './settings.ts';
import { selectLoops } from './store.ts';

/** Loops of an endpoint that are asked for at once. */
const MANY = 500;

interface AlertData {
  endpoint_id?: string;
  cause?: string;
  summary?: string;
}

/**
 * An alert that fires turns the loops of its endpoint that ask for its cause, once for each alert however often it fires again. Broken data
 * turns none: it holds them up, and those that wait look again when it is mended.
 */
export const alertSubscriber = (engine: Engine): Subscriber => ({
  name: 'loops.alerts',
  types: ['alert.firing', 'alert.resolved'],
  async handle(tx, { type, subject, data }) {
    const { endpoint_id = '', cause, summary = '' } = (data ?? {}) as AlertData;
    const ref = `endpoint:${endpoint_id}`;
    const endpoint = (await engine.serving.tellers.endpoints(tx, [ref])).get(ref)?.facts;
    if (!endpoint || endpoint.deleted) return;
    for (const loop of await selectLoops(tx, { endpoint: endpoint.name, limit: MANY })) {
      if (type === 'alert.resolved') {
        await lookAgain(tx, engine, loop.id);
        continue;
      }
      if (cause !== 'performance' && cause !== 'drift') continue;
      if (!settingsOf(loop).triggers.some(({ kind }) => kind === cause)) continue;
      await fire(tx, engine, loop, {
        trigger: cause,
        kind: cause,
        occurrence: subject,
        cause: summary,
        cause_ref: subject,
      });
    }
  },
});
