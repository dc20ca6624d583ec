import { Readable } from 'node:stream';
import { putArtifact } from '../../../tracking/contract.ts';
import { messageOf, TreadleError } from '../../../platform/errors/index.ts';
import type { Client } from '../client.ts';
import { fault, remark, tell, type Account } from './account.ts';
import { addTo, createSeen, emptyTally, hashOf, type Tally } from './digest.ts';
import type { ArtifactFact, Pairs, Point } from './facts.ts';
import { hashed, type Hashed } from './hashed.ts';
import { createNames } from './names.ts';
import type { Target } from './target.ts';
import type { Sent } from './verify.ts';

/** What the server takes of one value; longer ones it would cut. */
const LONGEST_PARAM = 6000;
const LONGEST_TAG = 8000;
/** In one request. */
const MOST_POINTS = 1000;
const MOST_PAIRS = 100;
/** Requests with points that are under way at once: what is read meanwhile waits. */
const UNDER_WAY = 4;
export const EXTRAS = 'imported/extras.json';

/** One run while it is written: what is waiting to be sent, and what was sent. */
export interface OpenRun {
  readonly id: string;
  readonly sent: Sent;
  /** Files of it that could not be read or sent, this time. */
  readonly unsent: number;
  points(points: readonly Point[]): Promise<void>;
  params(params: Pairs): Promise<void>;
  tags(tags: Pairs): Promise<void>;
  artifact(file: ArtifactFact): Promise<void>;
  extra(name: string, value: unknown): void;
  /** Everything is with the server once this has returned. */
  flush(): Promise<void>;
}

export interface Writing {
  client: Client;
  target: Target;
  account: Account;
  onProgress(points: number, bytes: number): void;
}

export function openRun(writing: Writing, id: string, foreign: string, tagsAtStart: Pairs): OpenRun {
  const { target, account } = writing;
  const names = { param: createNames(), tag: createNames(), metric: createNames() };
  const params = new Map<string, string>();
  const tags = new Map(tagsAtStart);
  const series = new Map<string, { number: number; all: Tally; distinct: Tally }>();
  const seen = createSeen();
  const extras: Record<string, Record<string, unknown>> = {};
  let waiting: Point[] = [];
  const underWay = new Set<Promise<void>>();
  let failed: Error | undefined;
  let unsent = 0;

  const keep = (group: string, key: string, value: unknown): void =>
    void ((extras[group] ??= {})[key] = value);
  const named = (noun: 'param' | 'tag' | 'metric', key: string): string => {
    const name = names[noun](key);
    if (name !== key && extras[`${noun} names`]?.[name] === undefined) {
      keep(`${noun} names`, name, key);
      remark(
        account.differently,
        `a ${noun} whose name has characters that no name may have: they are _ here, and the name as it was is in ${EXTRAS} of the run`,
        `run ${foreign}: ${key.slice(0, 80)}`,
      );
    }
    return name;
  };
  const fitting = (noun: 'param' | 'tag', key: string, value: string): string => {
    const longest = noun === 'param' ? LONGEST_PARAM : LONGEST_TAG;
    const clean = value.replaceAll('\u0000', '\uFFFD');
    const cut = clean.length <= longest ? clean : clean.slice(0, longest).replace(/[\uD800-\uDBFF]$/, '');
    if (cut !== value) {
      keep(`whole ${noun}s`, key, value);
      remark(
        account.differently,
        `a ${noun} of more than ${longest.toLocaleString('en')} characters: cut here, whole in ${EXTRAS} of the run`,
        `run ${foreign}: ${key}`,
      );
    }
    return cut;
  };

  const send = async (points: Point[]): Promise<void> => {
    await target.log(id, { points });
    writing.onProgress(points.length, 0);
  };
  const push = async (): Promise<void> => {
    if (waiting.length === 0) return;
    const points = waiting;
    waiting = [];
    while (underWay.size >= UNDER_WAY) await Promise.race(underWay);
    if (failed !== undefined) throw failed;
    const sending: Promise<void> = send(points)
      .catch((error: unknown) => void (failed ??= error instanceof Error ? error : new Error(String(error))))
      .finally(() => underWay.delete(sending));
    underWay.add(sending);
  };

  const writePairs = async (
    noun: 'param' | 'tag',
    pairs: ReadonlyArray<readonly [string, string]>,
  ): Promise<void> => {
    const into = noun === 'param' ? params : tags;
    for (let from = 0; from < pairs.length; from += MOST_PAIRS) {
      const some = pairs.slice(from, from + MOST_PAIRS);
      try {
        await target.log(id, noun === 'param' ? { params: some } : { tags: some });
        for (const [key, value] of some) into.set(key, value);
      } catch (error) {
        if (!(error instanceof TreadleError) || error.kind !== 'invalid') throw error;
        if (some.length > 1) for (const one of some) await writePairs(noun, [one]);
        else {
          const [key, value] = some[0]!;
          keep(`${noun}s that were refused`, key, value);
          remark(
            account.left,
            `a ${noun} that the server refused; its value is in ${EXTRAS} of the run`,
            `run ${foreign}, ${key}: ${messageOf(error).slice(0, 160)}`,
          );
        }
      }
    }
  };

  return {
    id,
    sent: { params, tags, series },
    async points(points) {
      for (const point of points) {
        if (!Number.isSafeInteger(point.step)) {
          remark(
            account.left,
            'a point whose step is no whole number within ±9,007,199,254,740,991',
            `run ${foreign}: ${point.key} at ${point.step}`,
          );
          continue;
        }
        const key = named('metric', point.key);
        const time = Math.round(point.time);
        let known = series.get(key);
        if (!known)
          series.set(key, (known = { number: series.size, all: emptyTally(), distinct: emptyTally() }));
        const hash = hashOf({ step: point.step, time, value: point.value });
        addTo(known.all, hash);
        if (!Number.isFinite(point.value) && !Number.isNaN(point.value))
          remark(
            account.differently,
            'a point that is infinite: kept as the greatest double',
            `run ${foreign}: ${point.key} at ${point.step}`,
          );
        if (!seen.first(known.number, hash)) {
          remark(
            account.differently,
            'a point that was there more than once, with the same step, time and value: kept once',
            `run ${foreign}: ${point.key} at ${point.step}`,
          );
          continue;
        }
        addTo(known.distinct, hash);
        waiting.push({ key, step: point.step, time, value: point.value });
        if (waiting.length === MOST_POINTS) await push();
      }
    },
    params: (pairs) =>
      writePairs(
        'param',
        pairs.map(([key, value]) => [named('param', key), fitting('param', key, value)]),
      ),
    tags: (pairs) =>
      writePairs(
        'tag',
        pairs.map(([key, value]) => [named('tag', key), fitting('tag', key, value)]),
      ),
    async artifact(file) {
      if (!(await sendFile(writing, id, foreign, file))) unsent++;
    },
    get unsent() {
      return unsent;
    },
    extra: (name, value) => keep('extra', name, value),
    async flush() {
      await push();
      await Promise.all(underWay);
      if (failed !== undefined) throw failed;
      if (Object.keys(extras).length === 0) return;
      const bytes = Buffer.from(JSON.stringify(extras, undefined, 2));
      await sendFile(writing, id, foreign, {
        kind: 'artifact',
        path: EXTRAS,
        size: bytes.length,
        type: 'application/json',
        open: () => Readable.from([bytes]),
      });
    },
  };
}

/** Sends a file, and compares the hash that the server made of it with ours. Answers false for one that another time may be read. */
async function sendFile(
  writing: Writing,
  run: string,
  foreign: string,
  file: ArtifactFact,
): Promise<boolean> {
  const { client, account } = writing;
  tell(account, 'files', { found: 1 });
  let path = file.path;
  for (let attempt = 1; ; attempt++) {
    let size = 0;
    let sending: Hashed | undefined;
    try {
      sending = hashed(await file.open(), (bytes) => {
        size += bytes;
        writing.onProgress(0, bytes);
      });
      const stored = await client.call(
        putArtifact,
        { params: { run, '*': path }, body: sending.stream },
        file.type === undefined ? {} : { headers: { 'content-type': file.type } },
      );
      account.bytes += size;
      account.checked.files++;
      tell(account, 'files', { brought: 1 });
      if (stored.hash !== sending.digest() || (file.size !== undefined && file.size !== size))
        fault(account, `run ${foreign} (here ${run}): file ${path} is not as it was there`);
      return true;
    } catch (error) {
      sending?.stream.destroy();
      const other = path.split('/').map(plainName).join('/');
      if (attempt === 1 && error instanceof TreadleError && error.kind === 'invalid' && other !== path) {
        remark(
          account.differently,
          'a file whose name the server does not take: its odd characters are spelt with _ here',
          `run ${foreign}: ${path} is ${other}`,
        );
        path = other;
        continue;
      }
      if (error instanceof TreadleError && error.kind !== 'invalid' && error.kind !== 'missing') throw error;
      remark(
        account.left,
        'a file that could not be read or was refused',
        `run ${foreign}, ${path}: ${messageOf(error).slice(0, 160)}`,
      );
      return error instanceof TreadleError && error.kind === 'invalid';
    }
  }
}

const plainName = (name: string): string =>
  name.replaceAll(/[^\p{L}\p{N}_.\- ()+,=@]/gu, (odd) => encodeURIComponent(odd)).replaceAll('%', '_');
