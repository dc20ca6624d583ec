import type { Command } from 'commander';
import * as contract from '../../access/contract.ts';
import type { Cli } from './frame.ts';
import { ago, listed } from './output.ts';

const HELP = `
A job of a CI system has an identity token of its own. Exchanged at POST /api/v1/token-exchange it is a token of the
service account for 15 minutes, so that no secret lies in the CI system. * in the subject stands for any characters;
begin with what is yours alone.

Examples:
  treadle service trust add ci --issuer https://token.actions.githubusercontent.com \\
    --subject 'repo:acme/flights:ref:refs/heads/main' --audience https://treadle.example.org
  treadle service trust add ci --issuer https://gitlab.com \\
    --subject 'project_path:acme/flights:ref_type:branch:ref:main' --audience https://treadle.example.org
  treadle service trust list`;

/** `treadle service trust …`. */
export function registerTrusts(service: Command, cli: Cli): void {
  const trust = service
    .command('trust')
    .description('whose identity tokens a service account trusts: those of a CI system')
    .addHelpText('after', HELP);
  trust
    .command('add <service>')
    .description('let a service account trust what an issuer says of a subject')
    .requiredOption('--issuer <url>', 'exactly as its tokens write it')
    .requiredOption('--subject <pattern>', 'whom it must speak of')
    .requiredOption('--audience <text>', 'whom a token must be meant for')
    .action(async (name: string, said: { issuer: string; subject: string; audience: string }) => {
      const made = await cli.client().call(contract.addTrust, { body: { service: name, ...said } });
      cli.output().result(made, () => `service '${made.service}' trusts ${made.subject} of ${made.issuer}`);
    });
  trust
    .command('list')
    .description('list whom the service accounts of the workspace trust')
    .action(async () => {
      const { items } = await cli.client().call(contract.listTrusts, {});
      cli.output().list({ items, more: false }, (shown) =>
        listed(
          'no service account trusts anybody; treadle service trust add NAME lets one',
          ['id', 'service', 'issuer', 'subject', 'audience', 'since'],
          shown.map((one) => [
            one.id,
            one.service,
            one.issuer,
            one.subject,
            one.audience,
            ago(one.created_at),
          ]),
        ),
      );
    });
  trust
    .command('remove <id>')
    .description('trust them no longer')
    .action(async (id: string) => {
      await cli.client().call(contract.removeTrust, { params: { trust: id } });
      cli
        .output()
        .result(
          { removed: id },
          () =>
            `removed trust ${id}; tokens that it gave end within 15 minutes, or at once: treadle token revoke ID`,
        );
    });
}
