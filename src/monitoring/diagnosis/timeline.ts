import { namesBehind } from '../../access/index.ts';
import { listEntries } from '../../ledger/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import type { AlertReport } from '../contract.ts';

type Event = AlertReport['timeline'][number];

/** What was done that can change answers or what is asked. */
const ACTIONS = {
  'revision.started': 'deploy',
  'revision.rolled_back': 'deploy',
  'revision.rolled_back_by_itself': 'deploy',
  'revision.failed': 'deploy',
  'dataset_version.committed': 'data',
  'model_version.created': 'other',
  'monitor.changed': 'other',
  'monitor.created': 'other',
} as const satisfies Readonly<Record<string, Event['kind']>>;
/** Of each kind, the newest. */
const MOST = 20;

/** Deploys of the endpoint, new versions of data and models, and changes of the monitor, oldest first; from the ledger. */
export async function timelineOf(
  ctx: Ctx,
  { endpoint, model, monitor }: { endpoint: string; model: string | null; monitor: string },
  span: { since: number; until: number },
): Promise<Event[]> {
  const found: Event[] = [];
  for (const [action, kind] of Object.entries(ACTIONS)) {
    const { items } = await listEntries(ctx, { action, ...span, limit: 200 });
    const behind = await namesBehind(
      ctx,
      items.map(({ actor }) => actor.id),
    );
    const own = items.flatMap((entry): Event[] => {
      const after = fieldsOf(entry.after);
      if (action.startsWith('revision.') && after['endpoint'] !== endpoint) return [];
      if (action.startsWith('monitor.') && entry.resource !== `monitor:${monitor}`) return [];
      if (action === 'model_version.created' && !entry.resource.startsWith(`model_version:${model}/`))
        return [];
      const { id, kind: who, name } = entry.actor;
      const by = who === 'system' ? {} : { by: behind.get(id)?.person ?? name };
      return [
        { at: entry.time, kind, words: wordsOf(action, entry.resource, after), ref: entry.resource, ...by },
      ];
    });
    found.push(...own.slice(0, MOST));
  }
  return found.toSorted((a, b) => a.at - b.at);
}

/** Its texts and numbers. */
const fieldsOf = (value: unknown): Readonly<Record<string, string>> =>
  typeof value !== 'object' || value === null
    ? {}
    : Object.fromEntries(
        Object.entries(value).flatMap(([name, one]: [string, unknown]) =>
          typeof one === 'string' || typeof one === 'number' ? [[name, String(one)]] : [],
        ),
      );

function wordsOf(action: string, resource: string, after: Readonly<Record<string, string>>): string {
  const revision = `revision ${after['revision'] ?? ''}`;
  switch (action) {
    case 'revision.started':
      return `${revision} began to answer`;
    case 'revision.rolled_back':
      return `${revision} took up an earlier one`;
    case 'revision.rolled_back_by_itself':
      return `${revision} took up an earlier one, by itself`;
    case 'revision.failed':
      return 'a revision failed';
    case 'dataset_version.committed':
      return `${after['dataset'] ?? 'a dataset'}@${after['name'] ?? ''} was committed`;
    case 'model_version.created':
      return `${resource.slice('model_version:'.length).replace('/', ' v')} was registered`;
    default:
      return action === 'monitor.created' ? 'the monitor was set' : 'the monitor was changed';
  }
}
