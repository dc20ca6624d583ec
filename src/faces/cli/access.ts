import type { Static } from 'typebox';
import {
  createToken,
  createWorkspace,
  listTokens,
  listWorkspaces,
  revokeToken,
  type RoleName,
  whoAmI,
} from '../../access/contract.ts';
import { invalid } from '../../platform/errors/index.ts';
import type { Register } from './frame.ts';
import { ago, table } from './output.ts';

/** `treadle token …`, `treadle workspace …`, `treadle whoami`. */
export const register: Register = (program, cli) => {
  program
    .command('whoami')
    .description('say who the server takes you for')
    .action(async () => {
      const me = await cli.client().call(whoAmI);
      cli.output().result(me, () => `${me.name} (${me.role}) in workspace ${me.workspace}`);
    });

  const token = program.command('token').description('make, list and revoke access tokens');
  token
    .command('create <name>')
    .description('make a token; its secret is printed once')
    .option('--role <role>', 'viewer, editor or admin', 'editor')
    .option('--days <days>', 'days until it expires', '90')
    .action(async (name: string, options: { role: string; days: string }) => {
      const { token: made, secret } = await cli
        .client()
        .call(createToken, { body: { name, role: toRole(options.role), days: Number(options.days) } });
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
    .description('list tokens')
    .action(async () => {
      const { items } = await cli.client().call(listTokens);
      cli.output().result(items, () =>
        table(
          ['id', 'name', 'role', 'starts with', 'last used', 'state'],
          items.map((one) => [
            one.id,
            one.name,
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
      const { items } = await cli.client().call(listWorkspaces);
      cli.output().result(items, () =>
        table(
          ['name', 'made'],
          items.map((one) => [one.name, ago(one.created_at)]),
        ),
      );
    });
};

function toRole(text: string): Static<typeof RoleName> {
  if (text === 'viewer' || text === 'editor' || text === 'admin') return text;
  throw invalid(`--role is '${text}'`, { field: 'role', hint: 'it must be viewer, editor or admin' });
}

function state(token: { revoked_at?: number; expires_at: number }): string {
  if (token.revoked_at !== undefined) return 'revoked';
  return token.expires_at <= Date.now() ? 'expired' : 'works';
}
