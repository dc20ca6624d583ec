import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';

/** Folders of a server that is killed, all below one whose name nothing else of the machine has. */
export interface KilledFolders {
  root: string;
  data: string;
  /** For its temporary files alone, to see what is left of them; steps of other users may write there, too. */
  temporary: string;
}

export function killedFolders(t: TestContext, name: string): KilledFolders {
  const root = mkdtempSync(path.join(tmpdir(), `treadle-${name}-`));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const temporary = path.join(root, 'tmp');
  mkdirSync(temporary, { mode: 0o1777 });
  chmodSync(temporary, 0o1777);
  return { root, data: path.join(root, 'data'), temporary };
}

/** Processes of the machine that name the folder in their command line or environment, as their numbers and command lines. */
export function processesNaming(folder: string): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        const [command, environment] = ['cmdline', 'environ'].map((file) =>
          readFileSync(`/proc/${pid}/${file}`, 'latin1').replaceAll('\0', ' '),
        ) as [string, string];
        return command.includes(folder) || environment.includes(folder) ? [`${pid} ${command}`] : [];
      } catch {
        return []; // it ended
      }
    });
}
