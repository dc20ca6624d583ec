import type { Command } from 'commander';
import * as contract from '../../access/contract.ts';
import { missing } from '../../platform/errors/index.ts';
import type { Cli, Register } from './frame.ts';
import { thingOf } from './grants.ts';
import { registerTrusts } from './trusts.ts';
import { choice } from './options.ts';
import { newPassword } from './passwords.ts';
import { ago, listed } from './output.ts';

const USER_HELP = `
A person signs in with a name and a password: in the browser, or with MLflow's client by MLFLOW_TRACKING_USERNAME and
MLFLOW_TRACKING_PASSWORD. There is no default password, and none is ever shown. What a person may do is said in each
workspace (that of TREADLE_WORKSPACE, or default): viewer reads, editor also writes, approver reads and approves, admin does all of it and manages
tokens, people and webhooks. An owner, of the server, enters and makes every workspace and adds people.

Examples:
  treadle user add ana --owner                     asks for a password, twice
  treadle user add ben --role editor --password-file - < password.txt
  treadle user role ben editor approver            both, in this workspace; --none takes him out
  treadle user why ben model:approve               whether he may, and why
  treadle user why ben model:write model:flights   of one thing, by grants too
  treadle user disable ben                         nothing of his opens anything from now on`;

const role = choice('viewer', 'editor', 'approver', 'admin');
const roles = (text: string, before: readonly contract.WorkspaceRole[] = []): contract.WorkspaceRole[] => [
  ...before,
  role(text),
];

/** `treadle user …`, `treadle group …`, `treadle service …`. */
export const register: Register = (program, cli) => {
  const user = program
    .command('user')
    .description('people: add and list them, say what they may, disable them')
    .addHelpText('after', USER_HELP);
  user
    .command('add <name>')
    .description('add a person; asks for a password on a terminal')
    .option('--owner', 'an owner of the whole server')
    .option('--role <role>', 'viewer, editor, approver or admin of this workspace; as often as wanted', roles)
    .option('--full-name <name>', 'for people to read')
    .option('--password-file <file>', 'read the password from a file, - for standard input')
    .option('--no-password', 'none: they cannot sign in with one')
    .action(
      async (
        name: string,
        flags: {
          owner?: boolean;
          role?: contract.WorkspaceRole[];
          fullName?: string;
          passwordFile?: string;
          password: boolean;
        },
      ) => {
        const password = flags.password ? await newPassword(flags.passwordFile) : undefined;
        const made = await cli.client().call(contract.addUser, {
          body: {
            name,
            ...(flags.owner === true ? { owner: true } : {}),
            ...(flags.role === undefined ? {} : { roles: flags.role }),
            ...(flags.fullName === undefined ? {} : { full_name: flags.fullName }),
            ...(password === undefined ? {} : { password }),
          },
        });
        cli.output().result(made, () => `added ${described(made)}`);
      },
    );
  user
    .command('list')
    .description('list the people and services of the workspace')
    .option('--all', 'of the whole server; for its owners')
    .action(async ({ all }: { all?: boolean }) => {
      const { items } = await cli.client().call(contract.listUsers, { query: all === true ? { all } : {} });
      cli.output().result(items, () =>
        listed(
          'there is nobody here; treadle user add NAME adds somebody',
          ['name', 'kind', 'roles', 'by groups', 'state', 'added'],
          items.map((one) => [
            one.name,
            one.kind,
            [...(one.owner ? ['owner'] : []), ...one.roles].join(', '),
            one.groups.map((group) => `${group.name}: ${group.roles.join(', ')}`).join('; '),
            one.disabled_at === undefined ? 'works' : 'disabled',
            ago(one.created_at),
          ]),
        ),
      );
    });
  user
    .command('role <name>')
    .argument('[role...]', 'viewer, editor, approver, admin', roles)
    .description('say which roles somebody has in this workspace; without any, show them')
    .option('--none', 'no role: takes them out of this workspace')
    .action(
      async (name: string, given: contract.WorkspaceRole[] | undefined, flags: None, command: Command) => {
        if (shows(given, flags, command)) {
          const { items } = await cli.client().call(contract.listUsers, { query: {} });
          const found = items.find((one) => one.name === name.toLowerCase() || one.id === name);
          if (!found)
            throw missing(`there is no user or service '${name}' in this workspace`, {
              field: 'user',
              hint: 'list them with: treadle user list',
            });
          return cli.output().result(found, () => described(found));
        }
        const body = { roles: given ?? [] };
        const set = await cli.client().call(contract.setRoles, { params: { user: name }, body });
        cli.output().result(set, () => described(set));
      },
    );
  for (const [verb, disabled, says] of [
    ['disable', true, 'nothing of theirs opens anything from now on'],
    ['enable', false, 'take that back'],
  ] as const)
    user
      .command(`${verb} <name>`)
      .description(says)
      .action(async (name: string) => {
        const set = await cli
          .client()
          .call(contract.updateUser, { params: { user: name }, body: { disabled } });
        cli.output().result(set, () => described(set));
      });
  user
    .command('owner <name>')
    .description('make a person an owner of the whole server')
    .option('--no-longer', 'take that back')
    .action(async (name: string, { longer }: { longer: boolean }) => {
      const set = await cli
        .client()
        .call(contract.updateUser, { params: { user: name }, body: { owner: longer } });
      cli.output().result(set, () => described(set));
    });
  user
    .command('password <name>')
    .description('set the password of a person; their sessions end')
    .option('--password-file <file>', 'read it from a file, - for standard input')
    .action(async (name: string, flags: { passwordFile?: string }) => {
      const password = await newPassword(flags.passwordFile);
      const set = await cli
        .client()
        .call(contract.resetPassword, { params: { user: name }, body: { password } });
      cli.output().result(set, () => `set the password of ${set.name}`);
    });
  user
    .command('why <name> <action> [thing]')
    .description(
      'say whether somebody may do something here, and why: run:write, model:approve; with a thing, model:flights, whether a grant says so',
    )
    .action(async (name: string, action: string, thing?: string) => {
      const about = thing === undefined ? {} : thingOf(thing);
      const why = await cli.client().call(contract.explainAccess, { body: { user: name, action, ...about } });
      cli.output().result(why, () =>
        [
          `${why.allowed ? 'yes' : 'no'}: ${why.because}`,
          // What gives it them; where nothing does, all that they have.
          ...why.roles
            .filter(({ role: one }) => !why.allowed || opens(why, action).includes(one))
            .map((one) => `  ${one.role}, by ${one.from}`),
          ...why.grants.map((one) => `  ${one.level} of ${one.kind} ${one.name}, granted to ${one.from}`),
        ].join('\n'),
      );
    });

  const service = program
    .command('service')
    .description('accounts of programs: tokens only, and they approve nothing')
    .addHelpText(
      'after',
      `
Roles and an end are as people's: treadle user role NAME viewer, treadle user disable NAME.

Examples:
  treadle service add ci --role editor
  treadle token create nightly --service ci
  treadle service trust add ci --issuer https://gitlab.com --subject 'project_path:acme/flights:*' --audience https://treadle.example.org`,
    );
  service
    .command('list')
    .description('list those of this workspace')
    .action(async () => {
      const { items } = await cli.client().call(contract.listUsers, { query: {} });
      const services = items.filter(({ kind }) => kind === 'service');
      cli.output().result(services, () =>
        listed(
          'there is no service here; treadle service add NAME --role editor adds one',
          ['name', 'roles', 'by groups', 'state', 'added'],
          services.map((one) => [
            one.name,
            one.roles.join(', '),
            one.groups.map((group) => `${group.name}: ${group.roles.join(', ')}`).join('; '),
            one.disabled_at === undefined ? 'works' : 'disabled',
            ago(one.created_at),
          ]),
        ),
      );
    });
  service
    .command('add <name>')
    .description('add one to this workspace; then: treadle token create NAME --service NAME')
    .option('--role <role>', 'viewer, editor or admin; as often as wanted', roles)
    .action(async (name: string, flags: { role?: contract.WorkspaceRole[] }) => {
      const body = { name, roles: flags.role ?? ['viewer' as const] };
      const made = await cli.client().call(contract.addService, { body });
      cli.output().result(made, () => `added ${described(made)}`);
    });

  registerTrusts(service, cli);

  const group = program.command('group').description('groups of people, which bring their members roles');
  group
    .command('list')
    .description('list the groups that bring roles in this workspace')
    .action(async () => {
      const { items } = await cli.client().call(contract.listGroups, {});
      cli.output().result(items, () =>
        listed(
          'there is no group here; treadle group add NAME makes one',
          ['name', 'roles here', 'members'],
          items.map((one) => [one.name, one.roles.join(', '), one.members.join(', ')]),
        ),
      );
    });
  group
    .command('add <name>')
    .description('make a group')
    .action(async (name: string) => {
      const made = await cli.client().call(contract.addGroup, { body: { name } });
      cli.output().result(made, () => `made group '${made.name}'`);
    });
  group
    .command('members <name> [users...]')
    .description('say who is in it; without anybody, show them')
    .option('--none', 'nobody: empties it')
    .action(async (name: string, members: string[], flags: None, command: Command) => {
      if (shows(members, flags, command)) {
        const found = await groupCalled(cli, name);
        return cli
          .output()
          .result(found, () => `${found.name}: ${found.members.join(', ') || 'nobody who is seen here'}`);
      }
      const set = await cli
        .client()
        .call(contract.setMembers, { params: { group: name }, body: { members } });
      cli.output().result(set, () => `${set.name}: ${set.members.join(', ') || 'nobody who is seen here'}`);
    });
  group
    .command('role <name>')
    .argument('[role...]', 'viewer, editor, approver, admin', roles)
    .description('say which roles it brings its members in this workspace; without any, show them')
    .option('--none', 'no role: takes them')
    .action(
      async (name: string, given: contract.WorkspaceRole[] | undefined, flags: None, command: Command) => {
        if (shows(given, flags, command)) {
          const found = await groupCalled(cli, name);
          return cli
            .output()
            .result(found, () => `${found.name}: ${found.roles.join(', ') || 'no role here'}`);
        }
        const body = { roles: given ?? [] };
        const set = await cli.client().call(contract.setGroupRoles, { params: { group: name }, body });
        cli.output().result(set, () => `${set.name}: ${set.roles.join(', ') || 'no role here'}`);
      },
    );
  group
    .command('remove <name>')
    .description('remove a group, and with it what it brought')
    .action(async (name: string) => {
      await cli.client().call(contract.removeGroup, { params: { group: name } });
      cli.output().result({ removed: name }, () => `removed group '${name}'`);
    });
};

interface None {
  none?: true;
}

/** Without values a command shows what there is: to take all of it away is said by a word of its own. */
function shows(given: readonly string[] | undefined, { none }: None, command: Command): boolean {
  const some = given !== undefined && given.length > 0;
  if (some && none === true) command.error('error: --none says nobody and nothing: leave the others out');
  return !some && none !== true;
}

async function groupCalled(cli: Cli, name: string): Promise<contract.Group> {
  const { items } = await cli.client().call(contract.listGroups, {});
  const found = items.find((one) => one.name === name || one.id === name);
  if (found) return found;
  throw missing(`there is no group '${name}' here`, {
    field: 'group',
    hint: 'list them with: treadle group list',
  });
}

/** The roles that say yes to an action, by the table that came with the answer. */
function opens(
  { rules }: { rules: ReadonlyArray<{ verb: string; roles: readonly string[] }> },
  action: string,
): readonly string[] {
  const verb = action.startsWith('server:') ? 'server' : action.slice(action.lastIndexOf(':') + 1);
  return rules.find((rule) => rule.verb === verb)?.roles ?? [];
}

function described({ name, kind, owner, roles: held, disabled_at }: contract.User): string {
  const what = [...(owner ? ['owner of the server'] : []), ...held].join(', ') || 'no role here';
  return `${kind} '${name}': ${disabled_at === undefined ? what : 'disabled'}`;
}
