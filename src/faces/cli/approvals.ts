import type { Command } from 'commander';
import { whoAmI } from '../../access/contract.ts';
import * as contract from '../../governance/contract.ts';
import { invalid } from '../../platform/errors/index.ts';
import { requestLines, stands, targetText } from './approvals/show.ts';
import type { Cli, Register } from './frame.ts';
import { promoteTo, type ToEnvironment } from './environments/promote.ts';
import { unknownEnvironments } from './environments/unknown.ts';
import { amount, choice, refuse, several, whole } from './options.ts';
import { ago, listed, upTo } from './output.ts';
import { readTarget } from './serving/target.ts';

const POLICY_HELP = `
A policy guards aliases, stages, endpoints or environments: they point at a version only when people have approved that. It is never edited; each
change is a revision of its own, and what was approved under another one is void.

Examples:
  treadle policy                                                  those that hold
  treadle policy set production --alias champion --approvers 2    of every model
  treadle policy set production --alias champion --model 'flight-*' --endpoint 'prod-*' --check gate --check disjoint
  treadle policy set production --environment production --approvers 2
  treadle policy show production                                  all of its revisions
  treadle policy end production -m 'it is done otherwise now'`;

const REQUEST_HELP = `
Examples:
  treadle request flights@v3 --alias champion -m 'better on short flights'
  treadle request flights@v3 --to flights -m 'the new data'
  treadle requests                       what waits
  treadle requests ID                    what would change, what holds, who has decided
  treadle approve ID -m 'I looked at the slices'
  treadle reject ID -m 'worse in winter'
  treadle promote ID                     make the move of an alias or stage that was approved`;

const PROMOTE_HELP = `
Examples:
  treadle promote flights@v3 --to staging        a release brings it there; it waits where people's approval is missing
  treadle promote flights@v2 --to production     what answered there before may come back at any time
  treadle promote ID                             point the alias or stage of an approved request at its version`;

interface PromoteFlags extends ToEnvironment {
  to?: string;
}
interface PolicyFlags {
  alias?: string[];
  stage?: Array<'Staging' | 'Production'>;
  model?: string;
  endpoint?: string[];
  environment?: string[];
  role: string;
  approvers: number;
  check?: contract.Check[];
  expires?: number;
  merge?: string[];
  goingBack: boolean;
  breakGlass: boolean;
}
interface TargetFlags {
  alias?: string;
  stage?: 'Staging' | 'Production';
  to?: string;
  environment?: string;
  reason: string;
}

const stage = choice('Staging', 'Production');
const check = choice(...contract.CHECKS);

/** `treadle policy`, `request`, `requests`, `approve`, `reject`, `promote`: who may let a version through, and who did. */
export const register: Register = (program, cli) => {
  policies(program, cli);
  program
    .command('request <model>')
    .description('ask people to approve a version for a guarded alias, stage or endpoint: flights@v3')
    .option('--alias <alias>', 'the alias that shall point at it')
    .option('--stage <stage>', 'the stage that it shall come to', stage)
    .option('--to <endpoint>', 'the endpoint where it shall answer')
    .option('--environment <environment>', 'its endpoint in this environment')
    .requiredOption('-m, --reason <why>', 'why; people read it before they decide')
    .addHelpText('after', REQUEST_HELP)
    .action(async (text: string, flags: TargetFlags, command: Command) => {
      const { model, version } = readTarget(text);
      const made = await cli.client().call(contract.createRequest, {
        body: { model: model ?? '', version, target: targetOf(flags, command), why: flags.reason },
      });
      if (made.why !== flags.reason)
        cli
          .output()
          .say(
            `warning: it was asked for already, and your reason is not kept: ${made.requested_by} said: ${made.why}`,
          );
      const me = await cli.client().call(whoAmI, {});
      cli.output().result(made, () => requestLines(made, me));
    });
  program
    .command('requests [request]')
    .description('list what waits for approval, or show one')
    .option('--all', 'those that have ended, too')
    .option('--reviews', 'what was let through by breaking the glass, and nobody has reviewed')
    .option('--limit <n>', 'at most this many', whole(1), 20)
    .action((id: string | undefined, flags: { all?: true; reviews?: true; limit: number }) =>
      requests(cli, id, flags),
    );
  decision(program, cli, 'approve', 'say yes to a request');
  decision(program, cli, 'reject', 'say no to a request');
  program
    .command('break-glass <request>')
    .description('let a request through alone, as an admin: it alerts, and somebody else reviews it')
    .requiredOption('-m, --reason <why>', 'why it cannot wait; kept with it')
    .action((id: string, { reason }: { reason: string }) => decide(cli, id, 'break_glass', reason));
  const promoting = program
    .command('promote <what>')
    .description('bring a version to an environment, or make the move of an approved request')
    .option('--to <environment>', 'the environment; what is promoted is a version: flights@v3')
    .option('--at-once', 'without the rollout that the environment says')
    .option('--detach', 'do not wait for its end')
    .addHelpText('after', PROMOTE_HELP)
    .action((what: string, flags: PromoteFlags) => promote(cli, promoting, what, flags));
  program
    .command('withdraw <request>')
    .description('withdraw a request')
    .action(async (request: string) => {
      const now = await cli.client().call(contract.withdrawRequest, { params: { request } });
      cli.output().result(now, () => `request ${now.id} is ${now.state}`);
    });
  program
    .command('review <request>')
    .description('say what came of the review of a broken glass')
    .requiredOption('-m, --reason <finding>', 'what was found; kept in the ledger')
    .action(async (request: string, { reason }: { reason: string }) => {
      const review = await cli
        .client()
        .call(contract.closeReview, { params: { request }, body: { finding: reason } });
      cli.output().result(review, () => `request ${request} is reviewed`);
    });
};

function mergesOf(texts: readonly string[]): NonNullable<contract.Terms['merges']> {
  const hosts = new Map<string, Record<string, string>>();
  for (const text of texts) {
    const [, host, account, person] = /^([^/=]+)\/([^=]+)=(.+)$/.exec(text) ?? [];
    if (host === undefined || account === undefined || person === undefined)
      throw invalid(`'${text}' says nobody's account`, {
        field: 'merge',
        hint: 'write it as HOST/ACCOUNT=PERSON: churn/octo-ann=ann',
      });
    hosts.set(host, { ...hosts.get(host), [account]: person });
  }
  return [...hosts].map(([host, people]) => ({ host, people }));
}

function policies(program: Command, cli: Cli): void {
  const policy = program
    .command('policy')
    .description('guard aliases, stages and endpoints by people’s approval')
    .addHelpText('after', POLICY_HELP);
  policy
    .command('ls')
    .description('list the policies that hold')
    .action(async () => {
      const { items } = await cli.client().call(contract.listPolicies, {});
      cli.output().list({ items, more: false }, (shown) => policyTable(shown));
    });
  policy
    .command('show <policy>')
    .description('show all revisions of one, newest first')
    .action(async (name: string) => {
      const { items } = await cli.client().call(contract.getPolicy, { params: { policy: name } });
      cli.output().list({ items, more: false }, (shown) => policyTable(shown));
    });
  policy
    .command('set <policy>')
    .description('make a policy, or a new revision of it')
    .option('--alias <alias>', 'guard this alias, * for any letters; as often as wanted', several)
    .option(
      '--stage <stage>',
      'guard this stage; as often as wanted',
      (text, before: Array<'Staging' | 'Production'> | undefined) => [...(before ?? []), stage(text)],
    )
    .option('--model <pattern>', 'aliases and stages of these models alone: flight-*')
    .option('--endpoint <endpoint>', 'guard this endpoint, * for any letters; as often as wanted', several)
    .option(
      '--environment <environment>',
      'guard all endpoints of this environment; as often as wanted',
      several,
    )
    .option('--approvers <n>', 'so many different people', whole(1, 20), 1)
    .option('--role <role>', 'of this role', 'approver')
    .option(
      '--check <check>',
      `what must hold besides: ${contract.CHECKS.join(', ')}; as often as wanted`,
      (text, before: contract.Check[] | undefined) => [...(before ?? []), check(text)],
    )
    .option('--expires <hours>', 'how long somebody’s approval counts; 168 unless said', amount)
    .option(
      '--merge <host/account=person>',
      'a merged change of desired state counts as their word: churn/octo-ann=ann; as often as wanted',
      several,
    )
    .option('--no-going-back', 'what was approved before needs a new approval to come back')
    .option('--no-break-glass', 'nobody lets anything through alone')
    .action(async (name: string, flags: PolicyFlags, command: Command) => {
      const { model, expires } = flags;
      if (![flags.alias, flags.stage, flags.endpoint, flags.environment].some((some) => some !== undefined))
        command.error('error: say what it guards: --alias, --stage, --endpoint or --environment');
      const of = model === undefined ? {} : { model };
      const made = await cli.client().call(contract.setPolicy, {
        params: { policy: name },
        body: {
          covers: [
            ...(flags.alias ?? []).map((alias) => ({ alias, ...of })),
            ...(flags.stage ?? []).map((one) => ({ stage: one, ...of })),
            ...(flags.endpoint ?? []).map((endpoint) => ({ endpoint })),
            ...(flags.environment ?? []).map((environment) => ({ environment })),
          ],
          checks: flags.check ?? [],
          approvers: [{ role: flags.role, count: flags.approvers }],
          ...(expires === undefined ? {} : { expires_h: expires }),
          going_back: flags.goingBack,
          break_glass: flags.breakGlass,
          ...(flags.merge ? { merges: mergesOf(flags.merge) } : {}),
        },
      });
      const unknown = await unknownEnvironments(cli, flags.environment ?? []);
      cli
        .output()
        .result(
          made,
          () =>
            `${policyTable([made])}${unknown === undefined ? '' : `\nIt guards nothing there: ${unknown}`}`,
        );
    });
  policy
    .command('end <policy>')
    .description('end a policy; its revisions stay')
    .requiredOption('-m, --reason <why>', 'why; kept in the ledger')
    .action(async (name: string, { reason }: { reason: string }) => {
      const ended = await cli
        .client()
        .call(contract.endPolicy, { params: { policy: name }, query: { reason } });
      cli.output().result(ended, () => `policy ${name} guards nothing any more`);
    });
}

async function promote(
  cli: Cli,
  command: Command,
  what: string,
  { to, ...flags }: PromoteFlags,
): Promise<void> {
  if (to !== undefined) return promoteTo(cli, what, { to, ...flags });
  refuse(command, ['atOnce', 'detach'], 'it is about an environment: name it with --to');
  if (!/^[0-9a-f]{32}$/i.test(what))
    throw invalid(`'${what}' is no id of a request`, {
      field: 'what',
      hint: 'to bring a version to an environment, name it with --to; treadle requests lists requests',
    });
  const now = await cli.client().call(contract.promoteRequest, { params: { request: what } });
  cli.output().result(now, () => `${targetText(now)} is ${now.model}@v${now.version} now`);
}

async function requests(
  cli: Cli,
  id: string | undefined,
  { all, reviews, limit }: { all?: true; reviews?: true; limit: number },
): Promise<void> {
  const client = cli.client();
  if (id !== undefined) {
    const found = await client.call(contract.getRequest, { params: { request: id } });
    const me = await client.call(whoAmI, {});
    return cli.output().result(found, () => requestLines(found, me));
  }
  if (reviews === true) {
    const { items } = await client.call(contract.listReviews, { query: { open: true, limit } });
    return cli.output().list({ items, more: false }, (shown) =>
      listed(
        'no broken glass waits for a review',
        ['request', 'version', 'of', 'stands', 'since', 'why'],
        shown.map((one) => [
          one.request,
          `${one.model}@v${one.version}`,
          targetText(one),
          one.state === 'open' ? 'open' : 'not moved yet',
          ago(one.opened_at),
          one.why,
        ]),
      ),
    );
  }
  const found = await upTo(limit, (page) =>
    client.call(contract.listRequests, { query: { ...page, ...(all === true ? {} : { waiting: true }) } }),
  );
  cli.output().list(found, (items) =>
    listed(
      'nothing waits for approval',
      ['request', 'version', 'of', 'stands', 'asked for by', 'when', 'why'],
      items.map((one) => [
        one.id,
        `${one.model}@v${one.version}`,
        targetText(one),
        one.state,
        one.requested_by,
        ago(one.created_at),
        one.why,
      ]),
    ),
  );
}

function decision(program: Command, cli: Cli, verdict: 'approve' | 'reject', description: string): void {
  program
    .command(`${verdict} <request>`)
    .description(description)
    .requiredOption('-m, --reason <why>', 'why; kept with it')
    .option('--digest <digest>', 'only if it is about this: the digest that treadle requests ID showed')
    .action((id: string, { reason, digest }: { reason: string; digest?: string }) =>
      decide(cli, id, verdict, reason, digest),
    );
}

async function decide(
  cli: Cli,
  request: string,
  verdict: contract.Verdict,
  why: string,
  seen?: string,
): Promise<void> {
  const client = cli.client();
  const digest = seen ?? (await client.call(contract.getRequest, { params: { request } })).digest;
  const now = await client.call(contract.decideRequest, {
    params: { request },
    body: { verdict, digest, why },
  });
  const me = await client.call(whoAmI, {});
  cli.output().result(now, () => stands(now, me));
}

function targetOf(
  { alias, stage: to, to: endpoint, environment }: TargetFlags,
  command: Command,
): contract.WishedTarget {
  const named = [alias, to, endpoint, environment].filter((one) => one !== undefined);
  if (named.length !== 1)
    command.error('error: say one of --alias, --stage, --to and --environment: what shall point at it');
  if (alias !== undefined) return { alias };
  if (to !== undefined) return { stage: to };
  if (endpoint !== undefined) return { endpoint };
  if (environment !== undefined) return { environment };
  throw invalid('nothing is named that shall point at it', { field: 'target' });
}

const policyTable = (items: readonly contract.Policy[]): string =>
  listed(
    'nothing is guarded: treadle policy set NAME --alias champion --approvers 2',
    ['policy', 'revision', 'guards', 'wants', 'checks', 'since', 'until'],
    items.map(({ name, revision, terms, created_at, ended_at }) => [
      name,
      String(revision),
      terms.covers
        .map((one) =>
          'environment' in one
            ? `environment ${one.environment}`
            : 'endpoint' in one
              ? `endpoint ${one.endpoint}`
              : `${one.model ?? '*'}${'alias' in one ? `@${one.alias}` : ` in ${one.stage}`}`,
        )
        .join(', '),
      terms.approvers.map(({ role, count }) => `${count} ${role}${count === 1 ? '' : 's'}`).join(', '),
      terms.checks.join(', '),
      ago(created_at),
      ended_at === undefined ? '' : ago(ended_at),
    ]),
  );
