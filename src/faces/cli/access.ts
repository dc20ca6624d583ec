import type { Static } from 'typebox';
import {
  createToken,
  createWorkspace,
  listTokens,
  listWorkspaces,
  revokeToken,
  type RoleName,
  type Token,
  whoAmI,
} from '../../access/contract.ts';
import type { Register } from './frame.ts';
import { choice, whole } from './options.ts';
import { ago, listed } from './output.ts';

type Role = Static<typeof RoleName>;
const ROLES: readonly Role[] = ['viewer', 'editor', 'approver', 'admin', 'owner'];

const TOKEN_HELP = `
Examples:
  treadle token create ci --role viewer      may read, for 90 days
  treadle token create laptop --days 365     may also write, for a year
A token is of one workspace: that of TREADLE_WORKSPACE, or default. An owner's enters every workspace and makes new ones.`;

/** `treadle token …`, `treadle workspace …`, `treadle whoami`. */
export const register: Register = (program, cli) => {
  program
    .command('whoami')
    .description('say who the server takes you for')
    .action(async () => {
      const me = await cli.client().call(whoAmI, {});
      cli.output().result(me, () => {
        const by = me.token === undefined ? '' : `, by the token '${me.token}'`;
        const who =
          me.kind === 'token' && me.user === undefined
            ? `the token '${me.name}', which is nobody's`
            : me.name;
        return `${who} (${me.role}) in workspace ${me.workspace}${by}`;
      });
    });

  const token = program.command('token').description('make, list and revoke access tokens');
  token
    .command('create <name>')
    .description('make a token; its secret is printed once')
    .option('--role <role>', 'viewer, editor, approver, admin or owner', choice(...ROLES), 'editor')
    .option('--days <days>', 'days until it expires', whole(1, 3650), 90)
    .option('--service <name>', 'the service account that it is for')
    .addHelpText('after', TOKEN_HELP)
    .action(async (name: string, options: { role: Role; days: number; service?: string }) => {
      const { token: made, secret } = await cli.client().call(createToken, { body: { name, ...options } });
      cli
        .output()
        .result(
          { token: made, secret },
          () =>
            `${secret}\nKeep it: it cannot be shown again. Use it as TREADLE_TOKEN, or MLFLOW_TRACKING_TOKEN.`,
        );
    });
  token
    .command('ls')
    .description('list the tokens that work')
    .option('--all', 'the revoked and expired ones, too')
    .action(async ({ all }: { all?: boolean }) => {
      // Every execution of a pipeline leaves a revoked one behind.
      const items = (await cli.client().call(listTokens, {})).items.filter(
        (one) => all === true || state(one) === 'works',
      );
      cli.output().result(items, () =>
        listed(
          'there is no token here; treadle token create NAME makes one',
          ['id', 'name', 'of', 'role', 'starts with', 'last used', 'state'],
          items.map((one) => [
            one.id,
            one.name,
            one.of ?? (one.person === undefined ? '' : 'somebody removed'),
            one.role,
            one.prefix,
            one.last_used_at === undefined ? 'never' : ago(one.last_used_at),
            state(one),
          ]),
        ),
      );
    });
  token
    .command('revoke <id>')
    .description('stop a token at once')
    .action(async (id: string) => {
      const revoked = await cli.client().call(revokeToken, { params: { id } });
      cli.output().result(revoked, () => `revoked '${revoked.name}'`);
    });

  const workspace = program.command('workspace').description('make and list workspaces');
  workspace
    .command('create <name>')
    .description('make a workspace')
    .action(async (name: string) => {
      const made = await cli.client().call(createWorkspace, { body: { name } });
      cli
        .output()
        .result(made, () => `made workspace '${made.name}'; enter it with TREADLE_WORKSPACE=${made.name}`);
    });
  workspace
    .command('ls')
    .description('list workspaces')
    .action(async () => {
      const { items } = await cli.client().call(listWorkspaces, {});
      cli.output().result(items, () =>
        listed(
          'there is no workspace',
          ['name', 'made'],
          items.map((one) => [one.name, ago(one.created_at)]),
        ),
      );
    });
};

function state(token: Token): string {
  if (token.revoked_at !== undefined) return 'revoked';
  if (token.shut !== undefined) return `shut: its owner is ${token.shut}`;
  return token.expires_at <= Date.now() ? 'expired' : 'works';
}
