import type { Client } from '../client.ts';
import { getRun, type MetricSummary } from '../../../tracking/contract.ts';
import { fault, type Account } from './account.ts';
import { addTo, emptyTally, hashOf, sameTally, type Tally } from './digest.ts';
import type { Target } from './target.ts';

/** What a run was sent, by our names. */
export interface Sent {
  params: ReadonlyMap<string, string>;
  tags: ReadonlyMap<string, string>;
  /** `all`: as the source has them; `distinct`: each once. */
  series: ReadonlyMap<string, { all: Tally; distinct: Tally }>;
}

/** Asked for at once. */
const TOGETHER = 4;

/** Compares what a run was sent with what the server has now; what differs becomes a fault. Says whether nothing does. */
export async function verifyRun(
  client: Client,
  target: Target,
  run: string,
  foreign: string,
  sent: Sent,
  account: Account,
): Promise<boolean> {
  const before = account.fault_count;
  const { checked } = account;
  const wrong = (what: string): void => fault(account, `run ${foreign} (here ${run}): ${what}`);
  const stored = await client.call(getRun, { params: { run } });
  checked.runs++;
  for (const [noun, pairs, here] of [
    ['param', sent.params, stored.params],
    ['tag', sent.tags, stored.tags],
  ] as const)
    for (const [key, value] of pairs) {
      checked[noun === 'param' ? 'params' : 'tags']++;
      if (here[key] !== value)
        wrong(`${noun} ${key} is ${here[key] === undefined ? 'missing' : 'another text'}`);
    }
  const metrics = new Map(stored.metrics.map((one) => [one.key, one]));
  const waiting = [...sent.series];
  const compare = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [key, { all, distinct }] = next;
      const tally = await tallyOf(target, run, key, metrics.get(key));
      checked.series++;
      checked.points += tally.count;
      if (!sameTally(tally, distinct) && !sameTally(tally, all))
        wrong(
          `metric ${key} has ${tally.count} points here and ${distinct.count} there${tally.count === distinct.count ? ', of other values' : ''}`,
        );
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, compare));
  return account.fault_count === before;
}

async function tallyOf(
  target: Target,
  run: string,
  key: string,
  summary: MetricSummary | undefined,
): Promise<Tally> {
  const tally = emptyTally();
  if (!summary) return tally;
  if (summary.count === 1) {
    addTo(tally, hashOf({ step: summary.step, time: summary.time, value: Number(summary.last) }));
    return tally;
  }
  for await (const points of target.history(run, key))
    for (const point of points) addTo(tally, hashOf(point));
  return tally;
}
