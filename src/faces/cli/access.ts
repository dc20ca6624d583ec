import type { Static } from 'typebox';
import {
  createOwnToken,
  createToken,
  createWorkspace,
  leaveWorkspace,
  listOwnTokens,
  listQuotas,
  listTokens,
  listWorkspaces,
  type Quota,
  revokeOwnToken,
  revokeToken,
  type RoleName,
  setQuotas,
  type Token,
  whoAmI,
} from '../../access/contract.ts';
import type { Command } from 'commander';
import type { Cli, Register } from './frame.ts';
import { choice, needs, orNone, refuse, size, whole } from './options.ts';
import { ago, bytes, listed } from './output.ts';
import { signedInAs } from './passwords.ts';

type Role = Static<typeof RoleName>;
const ROLES: readonly Role[] = ['viewer', 'editor', 'approver', 'admin', 'owner'];

const TOKEN_HELP = `
Examples:
  treadle token create ci --role viewer      may read, for 90 days
  treadle token create laptop --user ben     ben's own; asks for his password
  treadle token ls --user ben                his, of all workspaces; revoke takes it, too
A person's own opens what its role says and they may at that moment, whichever is less.
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
    .option(
      '--role <role>',
      'viewer, editor, approver, admin or owner; editor unless said, of your own viewer where you do not write',
      choice(...ROLES),
    )
    .option('--days <days>', 'days until it expires', whole(1, 3650), 90)
    .option('--service <name>', 'the service account that it is for')
    .option('--user <name>', 'your own: sign in with your name; asks for your password')
    .option('--password-file <file>', 'read the password from a file, - for standard input')
    .addHelpText('after', TOKEN_HELP)
    .action(
      async (
        name: string,
        { role, days, service, ...who }: Who & { role?: Role; days: number; service?: string },
        command: Command,
      ) => {
        needs(command, ['password-file'], ['user'], 'the password is of a person');
        if (who.user !== undefined)
          refuse(command, ['service'], 'a token is of a person or of a service account');
        const { token: made, secret } =
          who.user === undefined
            ? await cli.client().call(createToken, {
                body: { name, role: role ?? 'editor', days, ...(service === undefined ? {} : { service }) },
              })
            : await ownToken(cli, who.user, who.passwordFile, { name, role, days });
        cli
          .output()
          .result(
            { token: made, secret },
            () =>
              `${secret}\nKeep it: it cannot be shown again. Use it as TREADLE_TOKEN, or MLFLOW_TRACKING_TOKEN.`,
          );
      },
    );
  token
    .command('ls')
    .description('list the tokens that work')
    .option('--all', 'the revoked and expired ones, too')
    .option('--user <name>', 'your own, of all workspaces; asks for your password')
    .option('--password-file <file>', 'read the password from a file, - for standard input')
    .action(async ({ all, user, passwordFile }: Who & { all?: boolean }, command: Command) => {
      needs(command, ['password-file'], ['user'], 'the password is of a person');
      const found =
        user === undefined
          ? await cli.client().call(listTokens, {})
          : await cli.client().call(listOwnTokens, {}, { headers: await signedInAs(user, passwordFile) });
      // Every execution of a pipeline leaves a revoked one behind.
      const items = found.items.filter((one) => all === true || state(one) === 'works');
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
    .option('--user <name>', 'one of your own; asks for your password')
    .option('--password-file <file>', 'read the password from a file, - for standard input')
    .action(async (id: string, { user, passwordFile }: Who, command: Command) => {
      needs(command, ['password-file'], ['user'], 'the password is of a person');
      const params = { id };
      const revoked =
        user === undefined
          ? await cli.client().call(revokeToken, { params })
          : await cli
              .client()
              .call(revokeOwnToken, { params }, { headers: await signedInAs(user, passwordFile) });
      cli.output().result(revoked, () => `revoked '${revoked.name}'`);
    });

  const workspace = program
    .command('workspace')
    .description('make and list workspaces, and say how much they may have');
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
  workspace
    .command('leave <name>')
    .description('give your own roles and grants in a workspace back')
    .option('--user <name>', 'who leaves; asks for their password')
    .option('--password-file <file>', 'read the password from a file, - for standard input')
    .action(async (name: string, { user, passwordFile }: Who, command: Command) => {
      needs(command, ['password-file'], ['user'], 'the password is of a person');
      await cli
        .client()
        .call(
          leaveWorkspace,
          { params: { workspace: name } },
          user === undefined
            ? {}
            : { headers: { ...(await signedInAs(user, passwordFile)), 'x-treadle-workspace': name } },
        );
      cli.output().result({ left: name }, () => `left workspace '${name}'`);
    });
  workspace
    .command('quota')
    .description('say how much this workspace may have; without an option, show it and what it has')
    .option('--bytes <size>', 'of files that are kept: 20GiB, 500MB; none for no limit', orNone(size))
    .option('--runs <runs>', 'runs that are kept; none for no limit', orNone(whole(0)))
    .option('--endpoints <endpoints>', 'endpoints; none for no limit', orNone(whole(0)))
    .option('--requests <requests>', 'requests to the API in a minute; none for no limit', orNone(whole(0)))
    .addHelpText('after', QUOTA_HELP)
    .action(async (limits: Partial<Record<Quota['quota'], number | 'none'>>) => {
      const client = cli.client();
      const said = Object.entries(limits).map(
        ([quota, most]) => [quota, most === 'none' ? null : most] as const,
      );
      const { items } =
        said.length === 0
          ? await client.call(listQuotas, {})
          : await client.call(setQuotas, { body: Object.fromEntries(said) });
      cli.output().result(items, () => listed('', ['quota', 'used', 'limit', 'left'], items.map(quotaRow)));
    });
};

/** Whose word it is that they come with. */
interface Who {
  user?: string;
  passwordFile?: string;
}

const QUOTA_HELP = `
Examples:
  treadle workspace quota                              what there is, and how much there may be
  TREADLE_WORKSPACE=churn treadle workspace quota --bytes 200GiB --runs 100000
  treadle workspace quota --requests none              no limit any more
An owner of the server sets them, an admin of the workspace sees them. What was deleted counts until treadle gc takes it.`;

function quotaRow({ quota, used, limit }: Quota): string[] {
  const said = (n: number): string => (quota === 'bytes' ? bytes(n) : n.toLocaleString('en'));
  return [
    quota === 'requests' ? 'requests this minute' : quota,
    said(Math.max(0, used)),
    limit === undefined ? 'none' : said(limit),
    limit === undefined ? '' : said(Math.max(0, limit - used)),
  ];
}

/** Made in the name of whoever shows their password, which no token can. */
async function ownToken(
  cli: Cli,
  user: string,
  passwordFile: string | undefined,
  { role, ...body }: { name: string; role: Role | undefined; days: number },
): Promise<{ token: Token; secret: string }> {
  const headers = await signedInAs(user, passwordFile);
  const client = cli.client();
  const { may, role: held } = await client.call(whoAmI, {}, { headers });
  const fits = may.includes('write') || held === 'guest' ? 'editor' : 'viewer';
  return client.call(createOwnToken, { body: { ...body, role: role ?? fits } }, { headers });
}

function state(token: Token): string {
  if (token.revoked_at !== undefined) return 'revoked';
  if (token.shut !== undefined) return `shut: its owner is ${token.shut}`;
  return token.expires_at <= Date.now() ? 'expired' : 'works';
}
