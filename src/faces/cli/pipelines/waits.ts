import { getRelease, listReleases } from '../../../releases/contract.ts';
import type { Cli } from '../frame.ts';

/** What the releases of an execution that came to its end still wait for, and what to do: people's approval, or a time. */
export async function whatWaits(cli: Cli, execution: string): Promise<string[]> {
  const client = cli.client();
  const { items } = await client.call(listReleases, { query: { execution } });
  const lines: string[] = [];
  for (const { id, state } of items) {
    if (state !== 'awaiting_approval' && state !== 'awaiting_time') continue;
    const { transitions } = await client.call(getRelease, { params: { release: id } });
    const note = transitions.at(-1)?.note ?? 'it goes on later';
    lines.push(`its release waits: ${note}`);
    const request = /request ([0-9a-f]{32})/.exec(note)?.[1];
    if (request !== undefined)
      lines.push(
        `  treadle requests ${request} says what is missing; once it is approved the release goes on by itself`,
      );
  }
  return lines;
}
