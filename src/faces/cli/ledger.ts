import type { Static } from 'typebox';
import {
  getEntry,
  getLineage,
  listEntries,
  verify,
  type Entry,
  type LineageGraph,
} from '../../ledger/contract.ts';
import { conflict, invalid } from '../../platform/errors/index.ts';
import type { Register } from './frame.ts';
import { table } from './output.ts';

interface LogOptions {
  action?: string;
  resource?: string;
  actor?: string;
  since?: string;
  until?: string;
  limit: string;
}

/** `treadle ledger …`: who changed what and why, and the proof that nobody rewrote it. */
export const register: Register = (program, cli) => {
  const ledger = program.command('ledger').description('read and check the record of every change');
  ledger
    .command('verify')
    .description('recompute the whole ledger; ends with 1 and names the first fault if anything was changed')
    .action(async () => {
      const found = await cli.client().call(verify);
      const { fault } = found;
      if (fault) {
        const place = [
          fault.n === undefined ? '' : `edge ${fault.n} of `,
          fault.seq === undefined ? `the ${fault.what}` : `entry ${fault.seq}`,
        ].join('');
        if (cli.output().json) cli.output().result(found, () => '');
        throw conflict(`the ledger does not hold: ${place}: ${fault.reason}`, {
          code: 'ledger-broken',
          hint: `${found.entries} entries before it are right; compare with a backup or an earlier checkpoint`,
        });
      }
      cli
        .output()
        .result(
          found,
          () =>
            `the ledger holds: ${found.entries} entries, ${found.edges} lineage edges\nroot ${found.root}\n\n${found.checkpoint}\nKeep this checkpoint elsewhere: it shows later that nothing up to here was rewritten.`,
        );
    });
  ledger
    .command('log [seq]')
    .description('list changes, newest first; with a number, that entry and its proof')
    .option('--action <action>', 'only this action, such as dataset_version.committed')
    .option('--resource <noun:id>', 'only changes of this thing')
    .option('--actor <name>', 'only changes by this person or token')
    .option('--since <time>', 'from this time on: 2026-11-23 or 2026-11-23T14:00Z')
    .option('--until <time>', 'before this time')
    .option('--limit <n>', 'at most this many', '50')
    .action(async (seq: string | undefined, options: LogOptions) => {
      if (seq !== undefined) {
        const proof = await cli.client().call(getEntry, { params: { seq: whole('seq', seq) } });
        cli
          .output()
          .result(
            proof,
            () =>
              `${line(proof.entry)}\n${proof.text}\nleaf ${proof.entry.leaf}\nin the tree of ${proof.size} entries by ${proof.path.length} hashes, root ${proof.root}`,
          );
        return;
      }
      const { action, resource, actor, since, until, limit } = options;
      const { items } = await cli.client().call(listEntries, {
        query: {
          limit: whole('limit', limit),
          ...(action === undefined ? {} : { action }),
          ...(resource === undefined ? {} : { resource }),
          ...(actor === undefined ? {} : { actor }),
          ...(since === undefined ? {} : { since: time('since', since) }),
          ...(until === undefined ? {} : { until: time('until', until) }),
        },
      });
      cli.output().result(items, () =>
        table(
          ['entry', 'time', 'who', 'what', 'to', 'why'],
          items.map((entry) => [
            entry.seq,
            stamp(entry.time),
            entry.actor.name,
            entry.action,
            entry.resource,
            entry.reason ?? '',
          ]),
        ),
      );
    });
  ledger
    .command('lineage <noun:id>')
    .description('show what a thing came from and what came from it')
    .option('--direction <way>', 'up (what it came from), down (what came from it) or both', 'both')
    .option('--depth <steps>', 'steps to walk', '10')
    .action(async (node: string, options: { direction: string; depth: string }) => {
      const graph = await cli.client().call(getLineage, {
        params: { node },
        query: { direction: way(options.direction), depth: whole('depth', options.depth) },
      });
      cli.output().result(graph, () => draw(graph));
    });
};

const stamp = (time: number): string => new Date(time).toISOString().replace('T', ' ').slice(0, 19);

const line = ({ seq, time, actor, action, resource, reason }: Entry): string =>
  `entry ${seq}: ${stamp(time)} ${actor.name}: ${action} ${resource}${reason === undefined ? '' : ` (${reason})`}`;

/** One line an arrow, grouped by distance, upstream first. */
function draw({ root, nodes, edges, truncated }: Static<typeof LineageGraph>): string {
  if (edges.length === 0) return `${root}: nothing is recorded before or after it`;
  const depth = new Map(nodes.map(({ id, depth: steps }) => [id, steps]));
  const far = (edge: { from: string; to: string }): number => {
    const [a, b] = [depth.get(edge.from) ?? 0, depth.get(edge.to) ?? 0];
    return Math.abs(a) > Math.abs(b) ? a : b;
  };
  const rows = edges
    .map((edge) => ({ ...edge, steps: far(edge) }))
    .toSorted((a, b) => a.steps - b.steps || a.seq - b.seq)
    .map(({ from, relation, to, steps, seq }) => [steps, from, relation, to, `entry ${seq}`]);
  return `${table(['steps', 'from', 'relation', 'to', 'proof'], rows)}${truncated ? '\n… and more; ask for a nearer or deeper part' : ''}`;
}

function whole(field: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw invalid(`${field} is '${text}'`, { field, hint: 'it must be a whole number' });
}

function time(field: string, text: string): number {
  const parsed = Date.parse(text);
  if (!Number.isNaN(parsed) && parsed >= 0) return parsed;
  throw invalid(`--${field} is '${text}'`, { field, hint: 'write it as 2026-11-23 or 2026-11-23T14:00Z' });
}

function way(text: string): 'up' | 'down' | 'both' {
  if (text === 'up' || text === 'down' || text === 'both') return text;
  throw invalid(`--direction is '${text}'`, { field: 'direction', hint: 'it must be up, down or both' });
}
