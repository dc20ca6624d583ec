import {
  changeRuns,
  createExperiment,
  deleteExperiment,
  getRun,
  listExperiments,
  restoreExperiment,
  restoreRun,
  searchRuns,
  updateExperiment,
} from '../../../tracking/contract.ts';
import { messageOf } from '../../../platform/errors/index.ts';
import type { Client } from '../client.ts';
import { emptyAccount, remark, tell, type Account } from './account.ts';
import type { ExperimentFact, Fact, Known, RunFact, Source } from './facts.ts';
import { createTarget, type Target } from './target.ts';
import { verifyRun } from './verify.ts';
import { openRun, type OpenRun, type Writing } from './write-run.ts';
import { createRegistry } from './write-models.ts';

/** Tags by which a second import finds what is here, and which say where it came from. */
export const FROM = 'treadle.import.from';
export const ID = 'treadle.import.id';
export const PLACE = 'treadle.import.place';
export const MARK = 'treadle.import.mark';
const PARENT = 'mlflow.parentRunId';

export interface Progress {
  /** The run that is being written, and how many are done. */
  run(name: string, done: number): void;
  add(points: number, bytes: number): void;
}

interface KnownRun {
  run: string;
  deleted: boolean;
  mark: string | undefined;
}

/** Reads a source to its end, writes all of it, compares, and gives the account. `again`: also runs that have not changed. */
export async function bring(
  client: Client,
  source: Source,
  progress: Progress,
  { again = false }: { again?: boolean } = {},
): Promise<Account> {
  const account = emptyAccount(source.from, source.place);
  const target = createTarget(client);
  const writing: Writing = {
    client,
    target,
    account,
    onProgress: (points, bytes) => progress.add(points, bytes),
  };
  const runs = await knownRuns(client, source.from);
  const experiments = createExperiments(client, source, account);
  const registry = createRegistry(writing, {
    run: (foreign) => runs.get(foreign)?.run,
    experiment: (foreign) => experiments.active(foreign),
    from: source.from,
  });
  const open = new Map<string, { fact: RunFact; run: OpenRun }>();
  const orphans: Array<{ run: string; parent: string; foreign: string }> = [];
  let current: { fact: RunFact; run: OpenRun } | undefined;
  const toDelete: string[] = [];
  let done = 0;
  const known: Known = (id, mark) => !again && runs.get(id)?.mark === mark;

  const begin = async (fact: RunFact): Promise<void> => {
    const before = open.get(fact.id);
    if (before) {
      current = before;
      return;
    }
    tell(account, 'runs', { found: 1 });
    progress.run(fact.name ?? fact.id, done);
    const run = await startRun(fact);
    if (!run) return;
    const opened = { fact, run };
    open.set(fact.id, opened);
    current = opened;
  };

  const startRun = async (fact: RunFact): Promise<OpenRun | undefined> => {
    const parent = fact.parent === undefined ? undefined : runs.get(fact.parent)?.run;
    const tags: Array<readonly [string, string]> = [
      ...fact.tags,
      ...(parent === undefined ? [] : [[PARENT, parent] as const]),
      [FROM, source.from],
      [ID, fact.id],
      [PLACE, source.place.slice(0, 1000)],
    ];
    const experiment = await experiments.active(fact.experiment);
    const here = runs.get(fact.id);
    if (here) {
      const { state } = await client.call(getRun, { params: { run: here.run } });
      if (state === 'deleted' && fact.deleted !== true) {
        remark(
          account.left,
          'a run that was brought and then deleted here; treadle runs restore brings it back',
          `run ${fact.id} (here ${here.run})`,
        );
        return undefined;
      }
      if (state === 'deleted') await client.call(restoreRun, { params: { run: here.run } });
      tell(account, 'runs', { here: 1 });
      const run = openRun(writing, here.run, fact.id, []);
      // Keys of any text can only be given at the start, where they were.
      await run.tags(tags.filter(([key]) => /^[/\p{L}\p{N}_.\- :]+$/u.test(key)));
      if (fact.parent !== undefined && parent === undefined)
        orphans.push({ run: here.run, parent: fact.parent, foreign: fact.id });
      return run;
    }
    const short = tags.filter(
      ([key, value]) => key !== '' && key.length <= 250 && value.length <= 8000 && !value.includes('\u0000'),
    );
    const id = await target.createRun({
      experiment,
      name: fact.name,
      user: fact.user,
      startedAt: fact.startedAt === undefined ? undefined : Math.round(fact.startedAt),
      tags: short,
    });
    runs.set(fact.id, { run: id, deleted: false, mark: undefined });
    tell(account, 'runs', { brought: 1 });
    const run = openRun(writing, id, fact.id, short);
    const rest = tags.filter((one) => !short.includes(one));
    if (rest.length > 0) await run.tags(rest);
    if (fact.parent !== undefined && parent === undefined)
      orphans.push({ run: id, parent: fact.parent, foreign: fact.id });
    return run;
  };

  const finish = async ({ status, endedAt }: Extract<Fact, { kind: 'end' }>): Promise<void> => {
    done++;
    if (!current) return;
    const { fact, run } = current;
    current = undefined;
    open.delete(fact.id);
    await run.flush();
    if (status !== undefined && status !== 'running')
      await target.endRun(run.id, status, endedAt === undefined ? undefined : Math.round(endedAt));
    const sound = await verifyRun(client, target, run.id, fact.id, run.sent, account);
    let points = 0;
    for (const { distinct } of run.sent.series.values()) points += distinct.count;
    tell(account, 'params', { brought: run.sent.params.size });
    tell(account, 'metrics', { found: run.sent.series.size, brought: run.sent.series.size });
    tell(account, 'points', { brought: points });
    // Whoever asks again goes on with a run that is not sound.
    if (sound && run.unsent === 0 && fact.mark !== undefined) {
      await target.log(run.id, { tags: [[MARK, fact.mark]] });
      const here = runs.get(fact.id);
      if (here) here.mark = fact.mark;
    }
    if (fact.deleted === true) toDelete.push(run.id);
  };

  // Only at the end of their experiment: what was measured of its models is written to its runs.
  const deleteRuns = async (): Promise<void> => {
    for (let some = toDelete.splice(0, 1000); some.length > 0; some = toDelete.splice(0, 1000))
      await client.call(changeRuns, { body: { runs: some, state: 'deleted' } });
  };

  const take = async (fact: Fact): Promise<void> => {
    switch (fact.kind) {
      case 'experiment':
        return experiments.open(fact);
      case 'experiment-end':
        await deleteRuns();
        return experiments.close(fact.id);
      case 'run':
        return begin(fact);
      case 'end':
        return finish(fact);
      case 'pause':
        await current?.run.flush();
        current = undefined;
        return;
      case 'unchanged':
        done++;
        account.unchanged++;
        return tell(account, 'runs', { found: 1, here: 1 });
      case 'points':
        tell(account, 'points', { found: current ? fact.points.length : 0 });
        return current?.run.points(fact.points);
      case 'params':
        tell(account, 'params', { found: current ? fact.params.length : 0 });
        return current?.run.params(fact.params);
      case 'tags':
        return current?.run.tags(fact.tags);
      case 'artifact':
        return current?.run.artifact(fact);
      case 'dataset':
        if (!current) return;
        tell(account, 'datasets', { found: 1 });
        try {
          await target.logDataset(current.run.id, fact.dataset);
          tell(account, 'datasets', { brought: 1 });
        } catch (error) {
          current.run.extra(`dataset ${fact.dataset.name}`, fact.dataset);
          remark(
            account.left,
            'a dataset that the server refused; its description is in imported/extras.json of the run',
            `run ${current.fact.id}: ${messageOf(error).slice(0, 160)}`,
          );
        }
        return;
      case 'extra':
        current?.run.extra(fact.name, fact.value);
        return remark(
          account.differently,
          fact.why,
          current ? `run ${current.fact.id}: ${fact.name}` : fact.name,
        );
      case 'note':
        return remark(account[fact.where], fact.what, fact.example, fact.times ?? 1);
      case 'logged-model':
        return registry.loggedModel(fact);
      case 'model-links':
        return registry.links(fact);
      case 'model':
        return registry.model(fact);
      case 'version':
        return registry.version(fact);
      case 'alias':
        return registry.alias(fact);
    }
  };

  for await (const fact of source.read(known)) await take(fact);
  await joinParents(target, runs, orphans, account);
  await deleteRuns();
  await experiments.closeAll();
  return account;
}

/** Children that came before their parents. */
async function joinParents(
  target: Target,
  runs: ReadonlyMap<string, KnownRun>,
  orphans: ReadonlyArray<{ run: string; parent: string; foreign: string }>,
  account: Account,
): Promise<void> {
  for (const { run, parent, foreign } of orphans) {
    const found = runs.get(parent)?.run;
    try {
      await target.log(run, {
        tags: found === undefined ? [['treadle.import.parent', parent]] : [[PARENT, found]],
      });
      if (found === undefined)
        remark(
          account.differently,
          'a run whose parent is not in the source: the parent’s id is in the tag treadle.import.parent',
          `run ${foreign}`,
        );
    } catch (error) {
      remark(account.left, 'the parent of a run', `run ${foreign}: ${messageOf(error).slice(0, 160)}`);
    }
  }
}

/** Runs that an import from there brought, by their foreign ids. */
async function knownRuns(client: Client, from: string): Promise<Map<string, KnownRun>> {
  const found = new Map<string, KnownRun>();
  // A search over all experiments leaves out what lies in deleted ones.
  for (const experiments of [[], ...(await deletedExperiments(client, from))])
    for (let page: string | undefined; ;) {
      const answer = await client.call(searchRuns, {
        body: {
          experiments,
          filter: `tags.\`${FROM}\` = '${from}'`,
          state: 'all',
          columns: [`tags.${ID}`, `tags.${MARK}`],
          limit: 1000,
          ...(page === undefined ? {} : { page }),
        },
      });
      for (const { id, state, tags } of answer.items) {
        const foreign = tags[ID];
        if (foreign !== undefined && found.get(foreign)?.deleted !== false)
          found.set(foreign, { run: id, deleted: state === 'deleted', mark: tags[MARK] });
      }
      page = answer.next;
      if (page === undefined) break;
    }
  return found;
}

/** Ids of those that an import from there may have made, by the thousand. */
async function deletedExperiments(client: Client, from: string): Promise<string[][]> {
  const found: string[][] = [];
  for (let page: string | undefined; ;) {
    const { items, next } = await client.call(listExperiments, {
      query: {
        state: 'deleted',
        filter: `tags.\`${FROM}\` = '${from}'`,
        limit: 1000,
        ...(page === undefined ? {} : { page }),
      },
    });
    if (items.length > 0) found.push(items.map(({ id }) => id));
    page = next;
    if (page === undefined) return found;
  }
}

interface Experiments {
  open(fact: ExperimentFact): Promise<void>;
  /** Its id here, once it can be written. */
  active(foreign: string): Promise<string>;
  close(foreign: string): Promise<void>;
  closeAll(): Promise<void>;
}

/** Longest text of a tag of an experiment. */
const LONGEST_TAG = 20_000;

function createExperiments(client: Client, source: Source, account: Account): Experiments {
  /** `ours`: this source's own here, which may be deleted as it is there; another of the same name is somebody's who works with it. */
  const known = new Map<string, { id: string; deletedHere: boolean; ours: boolean; fact: ExperimentFact }>();
  const find = async (name: string) => {
    const { items } = await client.call(listExperiments, {
      query: { filter: `name = '${name.replaceAll("'", "''")}'`, state: 'all' },
    });
    return items.find((one) => one.name === name);
  };
  const close = async (foreign: string): Promise<void> => {
    const one = known.get(foreign);
    if (!one || one.fact.deleted !== true || one.deletedHere) return;
    if (!one.ours)
      return remark(
        account.left,
        'an experiment that is deleted there and stays here, where another source or somebody has one of its name',
        one.fact.name,
      );
    await client.call(deleteExperiment, { params: { experiment: one.id } });
    one.deletedHere = true;
  };
  return {
    async open(fact) {
      if (known.has(fact.id)) return;
      tell(account, 'experiments', { found: 1 });
      const name = fact.name.slice(0, 500);
      const tags = Object.fromEntries(
        [...fact.tags, [FROM, source.from], [ID, fact.id], [PLACE, source.place.slice(0, 1000)]].filter(
          ([key = '', value = '']) => {
            const fits = value.length <= LONGEST_TAG && /^[/\p{L}\p{N}_.\- :]{1,250}$/u.test(key);
            if (!fits)
              remark(
                account.left,
                'a tag of an experiment that is too long, or has a name that none may have',
                `${fact.name}: ${key}`,
              );
            return fits;
          },
        ),
      ) as Record<string, string>;
      const here = await find(name);
      if (here) {
        tell(account, 'experiments', { here: 1 });
        const ours =
          here.tags[FROM] === source.from && here.tags[ID] === fact.id && here.tags[PLACE] === tags[PLACE];
        known.set(fact.id, { id: here.id, deletedHere: here.state === 'deleted', ours, fact });
        const other = here.tags[ID];
        if (here.state === 'active' && other !== fact.id) {
          // Which of two it came from first is not overwritten.
          const missing = Object.fromEntries(
            Object.entries(tags).filter(([key]) => here.tags[key] === undefined),
          );
          await client.call(updateExperiment, { params: { experiment: here.id }, body: { tags: missing } });
        }
        return;
      }
      const made = await client.call(createExperiment, { body: { name, tags } });
      tell(account, 'experiments', { brought: 1 });
      known.set(fact.id, { id: made.id, deletedHere: false, ours: true, fact });
    },
    async active(foreign) {
      const one = known.get(foreign);
      if (!one) throw new Error(`a run came before its experiment ${foreign}`);
      if (one.deletedHere) {
        await client.call(restoreExperiment, { params: { experiment: one.id } });
        one.deletedHere = false;
        // It was deleted before, and is again afterwards.
        one.ours = true;
      }
      return one.id;
    },
    close,
    async closeAll() {
      for (const [foreign, { ours }] of known) if (ours) await close(foreign);
    },
  };
}
