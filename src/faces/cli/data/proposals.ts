import type { Command } from 'commander';
import * as contract from '../../../changes/contract.ts';
import { diffVersions, protectBranch } from '../../../data/contract.ts';
import { getCiReport } from '../../../ci/contract.ts';
import { invalid, TreadleError } from '../../../platform/errors/index.ts';
import type { Cli } from '../frame.ts';
import { choice, whole } from '../options.ts';
import { ago, listed, table, upTo } from '../output.ts';
import { Ended } from '../pipes.ts';
import { ref } from '../ref.ts';

const HELP = `
A pipeline says in treadle.yaml which datasets it checks: when: { dataset_proposed: flights }

Examples:
  treadle data commit flights ./flights --branch fix -m "without duplicates"
  treadle data propose flights@fix --into main -m "duplicates of May are gone"
  treadle data proposal flights#1               the checks, and what stands in the way
  treadle data merge flights#1
  treadle data protect flights@main             main changes by merged proposals alone`;

/** `treadle data propose …`: changes to datasets, looked at before they are merged. */
export function registerProposals(data: Command, cli: Cli): void {
  const call = cli.client;
  data
    .command('propose <ref>')
    .description('propose a branch of a dataset for merge: pipelines that ask for it check it')
    .option('--into <branch>', 'the branch that it is to be merged into', 'main')
    .option('-m, --message <text>', 'what changes, and why')
    .addHelpText('after', HELP)
    .action(async (text: string, { into, message }: { into: string; message?: string }) => {
      const { dataset, selector: branch } = ref(text);
      const made = await call().call(contract.proposeBranch, {
        params: { dataset },
        body: { branch, into, ...(message === undefined ? {} : { message }) },
      });
      cli.output().result(made, () => shown(made));
    });

  data
    .command('proposals <dataset>')
    .description('list what was proposed for a dataset, newest first')
    .option('--state <state>', 'open, merged or closed', choice('open', 'merged', 'closed'))
    .option('-n, --limit <n>', 'at most this many', whole(1), 50)
    .action(async (dataset: string, { state, limit }: { state?: contract.ProposalState; limit: number }) => {
      const found = await upTo(limit, (page) =>
        call().call(contract.listProposals, {
          params: { dataset },
          query: { ...page, ...(state === undefined ? {} : { state }) },
        }),
      );
      cli.output().list(found, (items) =>
        listed(
          `nothing was proposed for ${dataset}; treadle data propose ${dataset}@BRANCH proposes a branch`,
          ['proposal', 'branch', 'into', 'version', 'state', 'made', 'by', 'message'],
          items.map((one) => [
            `${one.dataset}#${one.number}`,
            one.branch,
            one.into,
            one.head,
            one.state,
            ago(one.created_at),
            one.created_by,
            one.message.split('\n')[0] ?? '',
          ]),
        ),
      );
    });

  data
    .command('proposal <proposal>')
    .description('show a proposal (flights#1): what changes, its checks, and what stands in its way')
    .option('--report', 'the report of each check, as Markdown')
    .action(async (text: string, { report }: { report?: true }) => {
      const params = proposalOf(text);
      const one = await call().call(contract.getProposal, { params });
      const diff =
        one.base === undefined
          ? undefined
          : await call()
              .call(diffVersions, {
                params: { dataset: one.dataset },
                query: { from: one.base, to: one.head, limit: 1 },
              })
              .catch(unlessDeleted);
      const reports =
        report === true
          ? await Promise.all(
              one.checks.flatMap(({ execution, state }) =>
                execution === undefined || state !== 'done'
                  ? []
                  : [call().call(getCiReport, { params: { execution }, query: {} })],
              ),
            )
          : [];
      cli
        .output()
        .result({ ...one, ...(diff ? { diff: diff.summary } : {}) }, () =>
          [
            shown(one),
            ...(diff
              ? [
                  `files: ${(['added', 'removed', 'modified', 'renamed'] as const).map((what) => `${diff.summary[what]} ${what}`).join(', ')}; treadle data diff ${one.dataset}@${one.base} ${one.head} lists them`,
                ]
              : []),
            ...reports.map(({ markdown }) => `\n${markdown}`),
          ].join('\n'),
        );
      if (report === true && one.checks.some(({ verdict }) => verdict !== 'pass')) throw new Ended(1);
    });

  data
    .command('merge <proposal>')
    .description('merge a proposal (flights#1): the other branch moves to the proposed version')
    .option('--head <version>', 'the version that you looked at; the one that is proposed now unless said')
    .option('-m, --reason <text>', 'why; kept in the ledger')
    .action(async (text: string, { head, reason }: { head?: string; reason?: string }) => {
      const params = proposalOf(text);
      const { head: now } = await call().call(contract.getProposal, { params });
      const done = await call().call(contract.mergeProposal, {
        params,
        body: { head: head ?? now, ...(reason === undefined ? {} : { reason }) },
      });
      cli.output().result(done, () => `${done.dataset}@${done.into} is at ${done.head}`);
    });

  data
    .command('close <proposal>')
    .description('close a proposal without merging it')
    .option('-m, --reason <text>', 'why; kept in the ledger')
    .action(async (text: string, { reason }: { reason?: string }) => {
      const params = proposalOf(text);
      const body = reason === undefined ? {} : { reason };
      const done = await call().call(contract.closeProposal, { params, body });
      cli.output().result(done, () => `${text} is closed`);
    });

  data
    .command('check <proposal>')
    .description('check a proposal again, by what pipelines ask for now')
    .action(async (text: string) => {
      const done = await call().call(contract.checkProposal, { params: proposalOf(text) });
      cli.output().result(done, () => shown(done));
    });

  data
    .command('protect <ref>')
    .description('have a branch change by merged proposals alone, whose checks passed')
    .option('--off', 'by anybody who may write the dataset, again')
    .action(async (text: string, { off }: { off?: true }) => {
      const { dataset, selector: branch } = ref(text);
      const done = await call().call(protectBranch, {
        params: { dataset, branch },
        body: { protected: off !== true },
      });
      cli
        .output()
        .result(done, () =>
          done.protected === true
            ? `${dataset}@${branch} changes by merged proposals alone`
            : `${dataset}@${branch} is changed by anybody who may write the dataset`,
        );
    });
}

function proposalOf(text: string): { dataset: string; number: number } {
  const [, dataset, number] = /^([^#@]+)#([1-9]\d{0,8})$/.exec(text) ?? [];
  if (dataset !== undefined) return { dataset, number: Number(number) };
  throw invalid(`'${text}' is no proposal`, {
    field: 'proposal',
    hint: 'write it as flights#1; treadle data proposals flights lists them',
  });
}

function shown(one: contract.ProposalDetail): string {
  const checks = one.checks.map(({ pipeline, state, verdict, summary, problem, execution }) => [
    pipeline,
    state === 'done' ? (verdict ?? 'done') : state,
    summary ?? problem ?? '',
    execution ?? '',
  ]);
  return [
    `${one.dataset}#${one.number} is ${one.state}: ${one.branch} (${one.head}) into ${one.into}${one.base === undefined ? '' : ` (${one.base})`}${one.protected ? ', which is protected' : ''}`,
    ...(one.message === '' ? [] : [one.message]),
    checks.length === 0
      ? 'no pipeline checks it'
      : table(['pipeline', 'check', 'what it says', 'execution'], checks),
    ...(one.void_checks.length === 0
      ? []
      : [`${one.void_checks.length} of versions before are void: the branch has moved`]),
    ...one.blocked.map((why) => `not to be merged: ${why}`),
  ].join('\n');
}

/** Of a proposal of long ago the versions may be gone. */
function unlessDeleted(error: unknown): undefined {
  if (error instanceof TreadleError && error.kind === 'missing') return undefined;
  throw error;
}
