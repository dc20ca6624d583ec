import * as contract from '../../access/contract.ts';
import { invalid } from '../../platform/errors/index.ts';
import type { Register } from './frame.ts';
import { choice, whole } from './options.ts';
import { ago, listed, upTo } from './output.ts';

const HELP = `
A grant adds to what somebody's role in the workspace says; who has no role here sees and does what is granted, and
nothing else. It is about things of one kind by name, or by a pattern in which * stands for any characters: put it in
quotes, or the shell takes the *. An approver of a model or an endpoint approves what moves to it.

Examples:
  treadle grant add ben editor 'model:flights*'
  treadle grant add cara viewer dataset:flights
  treadle grant add group:reviewers approver endpoint:flight-delay
  treadle grant list --user ben
  treadle user why ben model:write model:flights-v2`;

const KINDS = ['dataset', 'model', 'endpoint', 'environment', 'experiment'] as const;
const kind = choice(...KINDS);
const level = choice('viewer', 'editor', 'approver', 'admin');

interface Asked {
  user?: string;
  group?: string;
  kind?: contract.GrantKind;
  level?: contract.WorkspaceRole;
  search?: string;
}

/** `treadle grant …`. */
export const register: Register = (program, cli) => {
  const grant = program
    .command('grant')
    .description('let somebody, or a group, act on single things: a model, datasets of a pattern')
    .addHelpText('after', HELP);
  grant
    .command('add')
    .argument('<who>', 'a user or service, or group:NAME')
    .argument('<level>', 'viewer, editor, approver or admin', level)
    .argument('<thing>', 'KIND:NAME, of dataset, model, endpoint, environment or experiment')
    .description('grant a thing, or all of a pattern of names')
    .action(async (to: string, as: contract.WorkspaceRole, thing: string) => {
      const bearer = to.startsWith('group:') ? { group: to.slice('group:'.length) } : { user: to };
      const made = await cli
        .client()
        .call(contract.addGrant, { body: { ...bearer, level: as, ...thingOf(thing) } });
      cli.output().result(made, () => `${who(made)} is ${made.level} of ${made.kind} ${made.name}`);
    });
  grant
    .command('list')
    .description('list the grants of the workspace')
    .option('--user <name>', 'those of a user or service')
    .option('--group <name>', 'those of a group')
    .option('--kind <kind>', KINDS.join(', '), kind)
    .option('--level <level>', 'viewer, editor, approver or admin', level)
    .option('--search <text>', 'those whose name, or whose bearer’s, holds it')
    .option('--limit <n>', 'so many at most', whole(1), 100)
    .action(async ({ limit, ...query }: Asked & { limit: number }) => {
      const client = cli.client();
      const found = await upTo(limit, (page) =>
        client.call(contract.listGrants, { query: { ...query, ...page } }),
      );
      cli.output().list(found, (shown) =>
        listed(
          "nothing is granted; treadle grant add NAME editor 'model:flights*' grants something",
          ['id', 'who', 'is', 'of', 'granted'],
          shown.map((one) => [one.id, who(one), one.level, `${one.kind}:${one.name}`, ago(one.created_at)]),
        ),
      );
    });
  grant
    .command('remove <id>')
    .description('take a grant back, at once')
    .action(async (id: string) => {
      await cli.client().call(contract.removeGrant, { params: { grant: id } });
      cli.output().result({ removed: id }, () => `took grant ${id} back`);
    });
};

/** `model:flights*`: names may hold colons of their own. */
export function thingOf(text: string): { kind: contract.GrantKind; name: string } {
  const colon = text.indexOf(':');
  const found = KINDS.find((one) => one === text.slice(0, colon));
  const name = text.slice(colon + 1);
  if (found !== undefined && name !== '') return { kind: found, name };
  throw invalid(`'${text}' names no thing`, {
    field: 'thing',
    hint: `write KIND:NAME, of ${KINDS.join(', ')}: 'model:flights*'`,
  });
}

const who = ({ user, group = '' }: contract.Grant): string => user ?? `group ${group}`;
