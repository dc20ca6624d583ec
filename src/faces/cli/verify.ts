import { conflict, unavailable } from '../../platform/errors/index.ts';
import { verifyStore } from '../../maintenance/contract.ts';
import { faultLines } from './damage.ts';
import { events } from './events.ts';
import type { Register } from './frame.ts';
import { bytes, count } from './output.ts';

interface Damaged {
  hash: string;
  size: number;
  pack?: string;
  reason: string;
  used_by: string[];
}
interface Progress {
  blobs: number;
  bytes: number;
  of_bytes: number;
}
interface Done {
  blobs: number;
  bytes: number;
  damaged: number;
}

/** `treadle verify`: every stored byte is read again. */
export const register: Register = (program, cli) => {
  program
    .command('verify')
    .description('read every stored byte on the server; ends with 1 and names what is damaged or gone')
    .action(async () => {
      const output = cli.output();
      const damaged: Damaged[] = [];
      let done: Done | undefined;
      const live = !output.json && process.stderr.isTTY;
      const line = (text: string): void => {
        if (live) process.stderr.write(`\r\u001b[K${text}`);
      };
      for await (const { event, data } of events(await cli.client().call(verifyStore, {}))) {
        if (event === 'progress') {
          const now = data as Progress;
          line(`${bytes(now.bytes)} of ${bytes(now.of_bytes)}, ${count(now.blobs, 'blob')}`);
        } else if (event === 'damaged') {
          damaged.push(data as Damaged);
        } else if (event === 'done') done = data as Done;
      }
      line('');
      if (!done)
        throw unavailable('the server ended before everything was read', {
          hint: 'look at its log, then run treadle verify again',
        });
      const all = done;
      if (damaged.length === 0) {
        output.result(
          { ...all, faults: [] },
          () => `all is well: ${count(all.blobs, 'blob')}, ${bytes(all.bytes)}`,
        );
        return;
      }
      output.result({ ...all, faults: damaged }, () => faultLines(damaged, told).join('\n'));
      throw conflict(
        `${count(damaged.length, 'blob')} of ${all.blobs.toLocaleString('en')} ${damaged.length === 1 ? 'is' : 'are'} damaged or gone`,
        {
          code: 'blob-damaged',
          hint: 'check the disk, and restore from a backup; who still has the content mends it by sending it again',
        },
      );
    });
};

function told({ hash, size, reason, used_by }: Damaged): string {
  const uses = used_by.length === 0 ? '' : `; used by ${used_by.join(', ')}`;
  return `${hash} (${bytes(size)}): ${reason}${uses}`;
}
