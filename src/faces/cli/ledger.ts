import type { Static } from 'typebox';
import {
  getEntry,
  getLineage,
  listEntries,
  verify,
  type Entry,
  type LineageGraph,
} from '../../ledger/contract.ts';
import { conflict } from '../../platform/errors/index.ts';
import type { Register } from './frame.ts';
import { named, namesOf } from './names.ts';
import { clip, listed, table, upTo } from './output.ts';
import { choice, moment, whole } from './options.ts';

interface LogOptions {
  action?: string;
  resource?: string;
  actor?: string;
  since?: number;
  until?: number;
  limit: number;
}

const LEDGER_HELP = `
Examples:
  treadle ledger verify
  treadle ledger log --action dataset.branch_moved --since 2026-11-01
  treadle ledger log 42                              one entry, and the proof that it is in the ledger
  treadle ledger lineage run:01a2072e… --direction up`;

/** `treadle ledger …`: who changed what and why, and the proof that nobody rewrote it. */
export const register: Register = (program, cli) => {
  const ledger = program
    .command('ledger')
    .description('read and check the record of every change')
    .addHelpText('after', LEDGER_HELP);
  ledger
    .command('verify')
    .description('recompute the whole ledger; ends with 1 and names the first fault if anything was changed')
    .action(async () => {
      const found = await cli.client().call(verify, {});
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
    .command('log')
    .description('list changes, newest first; with a number, that entry and its proof')
    .argument('[entry]', 'the number of an entry', whole(0))
    .option('--action <action>', 'only this action, such as dataset_version.committed')
    .option('--resource <noun:id>', 'only changes of this thing')
    .option('--actor <name>', 'only changes by this person, with whichever token, or by this token of nobody')
    .option('--since <time>', 'from this time on: 2026-11-23 or 2026-11-23T14:00Z', moment)
    .option('--until <time>', 'before this time', moment)
    .option('--limit <n>', 'at most this many', whole(1), 50)
    .action(async (seq: number | undefined, options: LogOptions) => {
      if (seq !== undefined) {
        const proof = await cli.client().call(getEntry, { params: { seq } });
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
      const client = cli.client();
      const filter = {
        ...(action === undefined ? {} : { action }),
        ...(resource === undefined ? {} : { resource }),
        ...(actor === undefined ? {} : { actor }),
        ...(since === undefined ? {} : { since }),
        ...(until === undefined ? {} : { until }),
      };
      const found = await upTo(limit, (page) => client.call(listEntries, { query: { ...filter, ...page } }));
      const output = cli.output();
      const names = output.json
        ? new Map<string, string>()
        : await namesOf(
            client,
            found.items.map((entry) => entry.resource),
          );
      output.list(found, (items) =>
        listed(
          Object.keys(filter).length > 0 ? 'no change is like that' : 'nothing was changed yet',
          ['entry', 'time', 'who', 'what', 'to', 'why'],
          items.map((entry) => [
            entry.seq,
            stamp(entry.time),
            who(entry.actor),
            entry.action,
            named(entry.resource, names),
            clip(entry.reason ?? ''),
          ]),
        ),
      );
    });
  ledger
    .command('lineage <noun:id>')
    .description('show what a thing came from and what came from it')
    .option(
      '--direction <way>',
      'up (what it came from), down (what came from it) or both',
      choice('up', 'down', 'both'),
      'both',
    )
    .option('--depth <steps>', 'steps to walk', whole(1), 10)
    .action(async (node: string, options: { direction: 'up' | 'down' | 'both'; depth: number }) => {
      const client = cli.client();
      const graph = await client.call(getLineage, {
        params: { node },
        query: { direction: options.direction, depth: options.depth },
      });
      const output = cli.output();
      const names = output.json
        ? new Map<string, string>()
        : await namesOf(
            client,
            graph.nodes.map(({ id }) => id),
          );
      output.result(graph, () => draw(graph, names));
    });
};

/** The person, with the token that they used; else the program by its own name. */
function who({ kind, name, person, token }: Entry['actor']): string {
  const by = token === undefined ? '' : ` (token ${token})`;
  if (person !== undefined) return person + by;
  return kind === 'token' && name === token ? `token ${name}` : name + by;
}

const stamp = (time: number): string => new Date(time).toISOString().replace('T', ' ').slice(0, 19);

const line = ({ seq, time, actor, action, resource, reason }: Entry): string =>
  `entry ${seq}: ${stamp(time)} ${who(actor)}: ${action} ${resource}${reason === undefined ? '' : ` (${reason})`}`;

/** One line an arrow, grouped by distance, upstream first. */
function draw(
  { root, nodes, edges, truncated }: Static<typeof LineageGraph>,
  names: ReadonlyMap<string, string>,
): string {
  if (edges.length === 0) return `${named(root, names)}: nothing is recorded before or after it`;
  const depth = new Map(nodes.map(({ id, depth: steps }) => [id, steps]));
  const far = (edge: { from: string; to: string }): number => {
    const [a, b] = [depth.get(edge.from) ?? 0, depth.get(edge.to) ?? 0];
    return Math.abs(a) > Math.abs(b) ? a : b;
  };
  const rows = edges
    .map((edge) => ({ ...edge, steps: far(edge) }))
    .toSorted((a, b) => a.steps - b.steps || a.seq - b.seq)
    .map(({ from, relation, to, steps, seq }) => [
      steps,
      named(from, names),
      relation,
      named(to, names),
      `entry ${seq}`,
    ]);
  return `${table(['steps', 'from', 'relation', 'to', 'proof'], rows)}${truncated ? '\n… and there are more: raise --depth, or ask for a part that is nearer to them' : ''}`;
}
