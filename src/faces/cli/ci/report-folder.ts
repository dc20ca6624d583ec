import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { unjudged } from '../../../ci/index.ts';
import type { CiReport, Unjudged } from '../../../ci/contract.ts';
import { conflict, messageOf } from '../../../platform/errors/index.ts';
import { makeFolders } from '../../../platform/files/index.ts';
import { stringify } from '../../../platform/json/index.ts';

interface Reports {
  report: CiReport | Unjudged;
  markdown: string;
  junit: string;
}

/**
 * Where the reports go, looked at before anything runs. From then on they say what is known: nothing of a run before stays, and a check
 * that is killed has ended without a verdict.
 */
export async function openReports(folder: string): Promise<(reports: Reports) => Promise<void>> {
  const write = async ({ report, markdown, junit }: Reports): Promise<void> => {
    try {
      await makeFolder(path.resolve(folder));
      await writeFile(path.join(folder, 'report.md'), markdown);
      await writeFile(path.join(folder, 'junit.xml'), junit);
      await writeFile(path.join(folder, 'report.json'), `${stringify(report, 2)}\n`);
    } catch (error) {
      throw conflict(`the reports cannot be written to ${folder}: ${messageOf(error)}`, {
        field: 'report',
        hint: 'name a folder that is there, or can be made: --report FOLDER',
        cause: error,
      });
    }
  };
  await write(unjudged('the check has not ended', []));
  return write;
}

/** What is made for reports says to git that it is not to be committed. */
async function makeFolder(folder: string): Promise<void> {
  if (existsSync(folder)) return;
  makeFolders(folder);
  await writeFile(path.join(folder, '.gitignore'), '*\n');
}
