import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CiReport } from '../../../ci/contract.ts';
import { getCiReport } from '../../../ci/contract.ts';
import { createExecution, type ExecutionDetail, type NewExecution } from '../../../pipelines/contract.ts';
import { TreadleError } from '../../../platform/errors/index.ts';
import { stringify } from '../../../platform/json/index.ts';
import type { Cli } from '../frame.ts';
import { Ended, Interrupted } from '../pipes.ts';
import { sendCode } from '../pipelines/project.ts';
import { showToEnd } from '../pipelines/to-end.ts';
import { readCiEnvironment } from './base-branch.ts';
import { checkOut, type CheckedOut } from './check-out.ts';

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

/** Runs the pipeline of a commit, writes the reports, and ends with their exit code. */
export async function runCi(cli: Cli, asked: Partial<NewExecution>, flags: CiFlags): Promise<void> {
  try {
    const report = await check(cli, asked, flags);
    if (report.exit_code !== 0) throw new Ended(report.exit_code);
  } catch (error) {
    if (!(error instanceof TreadleError)) throw error;
    throw new Ended(UNDECIDED, error);
  }
}

async function check(cli: Cli, asked: Partial<NewExecution>, flags: CiFlags): Promise<CiReport> {
  const output = cli.output();
  const client = cli.client();
  const out = await checkOut(flags.file, { allowDirty: flags.allowDirty === true });
  let execution: ExecutionDetail;
  try {
    const { project } = out;
    for (const warning of project.warnings) output.say(`warning: ${warning}`);
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
        },
      },
    });
  } finally {
    await out.remove();
  }
  for (const warning of execution.warnings) output.say(warning);
  output.say(`${execution.pipeline} #${execution.number}`);
  const { interrupted } = await showToEnd(cli, execution, flags.logs === true);
  if (interrupted) throw new Interrupted();
  const { report, markdown, junit } = await client.call(getCiReport, {
    params: { execution: execution.id },
    query: {},
  });
  await write(flags.report, {
    'report.md': markdown,
    'junit.xml': junit,
    'report.json': `${stringify(report, 2)}\n`,
  });
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

/** A folder that is made for it says to git that it is not to be committed. */
async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  const made = !existsSync(folder);
  await mkdir(folder, { recursive: true });
  if (made) await writeFile(path.join(folder, '.gitignore'), '*\n');
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
}
