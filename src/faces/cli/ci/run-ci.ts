import path from 'node:path';
import { unjudged } from '../../../ci/index.ts';
import type { CiReport } from '../../../ci/contract.ts';
import { getCiReport } from '../../../ci/contract.ts';
import { createExecution, type ExecutionDetail, type NewExecution } from '../../../pipelines/contract.ts';
import { messageOf, TreadleError } from '../../../platform/errors/index.ts';
import type { Cli } from '../frame.ts';
import { Ended, Interrupted } from '../pipes.ts';
import { sendCode } from '../pipelines/project.ts';
import { showToEnd } from '../pipelines/to-end.ts';
import { readCiEnvironment } from './base-branch.ts';
import { checkOut, type CheckedOut } from './check-out.ts';
import { openReports } from './report-folder.ts';

export interface CiFlags {
  file: string;
  base?: string;
  report: string;
  /** Between 0 and 1. */
  sample?: number;
  allowDirty?: boolean;
  logs?: boolean;
}

/** Nobody could judge: a check that was not made is neither good nor bad news. */
const UNDECIDED = 2;
/** Of the project, that are told to the server. */
const MOST_WARNINGS = 100;

/** Runs the pipeline of a commit, writes the reports, and ends with their exit code. */
export async function runCi(cli: Cli, asked: Partial<NewExecution>, flags: CiFlags): Promise<void> {
  try {
    const write = await openReports(flags.report);
    const report = await check(cli, asked, flags, write).catch(async (error: unknown) => {
      // What went wrong is told whether or not it can be written.
      await write(whyNot(error)).catch(() => undefined);
      throw error;
    });
    if (report.exit_code !== 0) throw new Ended(report.exit_code);
  } catch (error) {
    if (error instanceof Ended || error instanceof Interrupted) throw error;
    throw new Ended(UNDECIDED, error);
  }
}

function whyNot(error: unknown): ReturnType<typeof unjudged> {
  if (error instanceof Interrupted) return unjudged('the check was interrupted', []);
  const hint = error instanceof TreadleError && error.hint !== undefined ? [error.hint] : [];
  return unjudged('the commit could not be checked', [messageOf(error), ...hint]);
}

async function check(
  cli: Cli,
  asked: Partial<NewExecution>,
  flags: CiFlags,
  write: (reports: { report: CiReport; markdown: string; junit: string }) => Promise<void>,
): Promise<CiReport> {
  const output = cli.output();
  const client = cli.client();
  const out = await checkOut(flags.file, { allowDirty: flags.allowDirty === true });
  let execution: ExecutionDetail;
  try {
    const { project } = out;
    if (project.git?.dirty === true)
      output.say('warning: files differ from the commit; this run says nothing about the commit');
    const { branch, base, pull_request } = branches(out, flags.base);
    output.say(
      base
        ? `compared with ${base.branch} (${base.from})`
        : 'compared with nothing: no base branch is known; name one with --base',
    );
    await sendCode(client, project);
    execution = await client.call(createExecution, {
      body: {
        ...asked,
        file: project.file,
        ...(project.fileName === 'treadle.yaml' ? {} : { file_name: project.fileName }),
        code: project.code,
        ...(project.git ? { git: project.git } : {}),
        ci: {
          ...(branch === undefined ? {} : { branch }),
          ...(base ? { base: base.branch } : {}),
          ...(pull_request === undefined ? {} : { pull_request }),
          ...(flags.sample === undefined ? {} : { sample: flags.sample }),
          ...(project.warnings.length > 0 ? { warnings: project.warnings.slice(0, MOST_WARNINGS) } : {}),
        },
      },
    });
  } finally {
    await out.remove();
  }
  for (const warning of execution.warnings) output.say(`warning: ${warning}`);
  output.say(`${execution.pipeline} #${execution.number}`);
  const { interrupted } = await showToEnd(cli, execution, flags.logs === true);
  if (interrupted) throw new Interrupted();
  const reports = await client.call(getCiReport, { params: { execution: execution.id }, query: {} });
  await write(reports);
  const { report } = reports;
  output.result(report, () =>
    [
      `${report.verdict}: ${report.summary}`,
      ...report.reasons.map((reason) => `  ${reason}`),
      `${path.join(flags.report, 'report.md')}, junit.xml, report.json`,
      report.links.execution,
    ].join('\n'),
  );
  return report;
}

function branches({ branch, defaultBranch }: CheckedOut, given: string | undefined) {
  const said = readCiEnvironment(process.env);
  const base =
    given === undefined
      ? (said.base ??
        (defaultBranch === undefined ? undefined : { branch: defaultBranch, from: 'the default branch' }))
      : { branch: given, from: '--base' };
  return { branch: said.branch ?? branch, base, pull_request: said.pull_request };
}
