import {
  commitDvcOutput,
  findMissingDvc,
  getDataset,
  listVersions,
  moveBranch,
  uploadDvcObject,
  type DatasetVersion,
  type DvcLayout,
} from '../../../../data/contract.ts';
import { conflict, TreadleError } from '../../../../platform/errors/index.ts';
import type { Client } from '../../client.ts';
import type { Objects } from './objects.ts';
import type { State } from './states.ts';

/** What became of one output. */
export interface Brought {
  output: string;
  dataset: string;
  /** States in the history; versions that this run made, and those that were there. */
  states: number;
  made: number;
  known: number;
  /** States of a file that DVC tells of and Git keeps. */
  in_git: number;
  missing: Array<{ commit: string; oid: string; why: string }>;
}

export interface Telling {
  /** Bytes that were sent, and states that are done. */
  add(bytes: number, states: number): void;
}

interface Work {
  client: Client;
  objects: Objects;
  branch: string;
  /** The address of the repository, as versions tell it. */
  origin: string;
  keeps(commit: string, path: string): Promise<boolean>;
  telling: Telling;
}

/** Objects that travel at once. */
const AT_ONCE = 8;
const PORTION = 10_000;
const COMMIT = 'git.commit';
const PATH = 'dvc.path';

/** Brings the states of one output into a dataset, in their order; what is there already is not brought again. */
export async function bringOutput(
  work: Work,
  output: string,
  dataset: string,
  states: readonly State[],
  last: State | undefined,
): Promise<Brought> {
  const { client, branch, telling } = work;
  const done: Brought = { output, dataset, states: states.length, made: 0, known: 0, in_git: 0, missing: [] };
  const { versions, head: start } = await known(client, dataset, branch, output);
  let head = start;
  const ids = new Map<State, string>();
  for (const state of states) {
    const there = versions.get(state.commit.id);
    if (there !== undefined) {
      ids.set(state, there);
      done.known++;
      telling.add(0, 1);
      continue;
    }
    const why = await send(work, dataset, state);
    if (why === undefined || 'listing' in why) {
      const version = await commit(work, dataset, state, {
        parents: nearest(state, ids),
        head,
        listing: why?.listing,
      });
      if (version) {
        ids.set(state, version.id);
        head = version.id;
        done.made++;
      }
    } else if (await work.keeps(state.commit.id, output)) {
      done.in_git++;
    } else {
      done.missing.push({ commit: state.commit.id, oid: state.output.oid, why: why.missing });
    }
    telling.add(0, 1);
  }
  // What came last is not always what holds: of two lines that were merged, one.
  const holds = last && ids.get(last);
  if (holds !== undefined && holds !== head)
    await client.call(moveBranch, {
      params: { dataset, branch },
      body: {
        to: holds,
        expected: head,
        reason: `what ${last!.commit.id.slice(0, 12)} of the DVC repository has`,
      },
    });
  return done;
}

/** The versions that stand for an ancestor: of one whose objects are gone, its own ancestors do. */
function nearest(state: State, ids: ReadonlyMap<State, string>): string[] {
  const found = new Set<string>();
  const seen = new Set<State>();
  const open = [...state.parents];
  for (let one = open.shift(); one; one = open.shift()) {
    if (seen.has(one)) continue;
    seen.add(one);
    const id = ids.get(one);
    if (id === undefined) open.push(...one.parents);
    else found.add(id);
  }
  return [...found].slice(0, 100);
}

/** Versions that an import made, by their commits, and where the branch is. */
async function known(
  client: Client,
  dataset: string,
  branch: string,
  output: string,
): Promise<{ versions: Map<string, string>; head: string | null }> {
  const versions = new Map<string, string>();
  let head: string | null;
  try {
    const { refs } = await client.call(getDataset, { params: { dataset } });
    head = refs.find(({ name, kind }) => name === branch && kind === 'branch')?.version_id ?? null;
  } catch (error) {
    if (error instanceof TreadleError && error.kind === 'missing') return { versions, head: null };
    throw error;
  }
  let own = head === null;
  for (let page: string | undefined; ;) {
    const found = await client.call(listVersions, {
      params: { dataset },
      query: { limit: 1000, ...(page === undefined ? {} : { page }) },
    });
    for (const { id, meta } of found.items) {
      if (meta[PATH] !== output || meta[COMMIT] === undefined) continue;
      versions.set(meta[COMMIT], id);
      own ||= id === head;
    }
    if (found.next === undefined) break;
    page = found.next;
  }
  if (!own)
    throw conflict(`${dataset}@${branch} is at a version that did not come from ${output} of this history`, {
      field: 'dataset',
      hint: `bring it into another one with --out ${output}=NAME, or onto another branch with --branch NAME`,
    });
  return { versions, head };
}

/** Sends what the dataset lacks of a state. Answers the listing of a directory, or what is missing. */
async function send(
  { client, objects, telling }: Work,
  dataset: string,
  { output: { layout, oid } }: State,
): Promise<{ listing: string } | { missing: string } | undefined> {
  const nowhere = 'it is in no cache and no remote that can be read';
  if (!oid.endsWith('.dir')) {
    const bad = (await lacks(client, dataset, layout, [oid])).length > 0 && (await sendObject(oid));
    return bad ? { missing: bad } : undefined;
  }
  const listing = await objects.listing(layout, oid);
  if (listing === undefined) return { missing: `of the directory's own list: ${nowhere}` };
  const wanted = await lacks(client, dataset, layout, membersOf(listing));
  const lost: string[] = [];
  const queue = wanted[Symbol.iterator]();
  const lanes = Array.from({ length: AT_ONCE }, async () => {
    for (const one of queue) {
      const bad = await sendObject(one);
      if (bad !== undefined) lost.push(`${one}: ${bad}`);
    }
  });
  await Promise.all(lanes);
  if (lost.length === 0) return { listing };
  return { missing: `${lost.length.toLocaleString('en')} of its files; ${lost[0]}` };

  async function sendObject(name: string): Promise<string | undefined> {
    let bad: string | undefined;
    for await (const place of objects.places(layout, name)) {
      try {
        const { size } = await client.call(uploadDvcObject, {
          params: { dataset, layout, oid: name },
          body: await place.open(),
        });
        telling.add(size, 0);
        return undefined;
      } catch (error) {
        // Another place may have it whole.
        if (!(error instanceof TreadleError) || error.code !== 'content-mismatch') throw error;
        bad = `${place.at} does not hold what its name says`;
      }
    }
    return bad ?? nowhere;
  }
}

async function lacks(
  client: Client,
  dataset: string,
  layout: DvcLayout,
  oids: readonly string[],
): Promise<string[]> {
  const missing: string[] = [];
  for (let at = 0; at < oids.length; at += PORTION) {
    const body = { layout, oids: oids.slice(at, at + PORTION) };
    missing.push(...(await client.call(findMissingDvc, { params: { dataset }, body })).missing);
  }
  return missing;
}

/** Only their names: the server reads the listing itself, and says what is wrong with it. */
const membersOf = (listing: string): string[] => [
  ...new Set([...listing.matchAll(/"md5": ?"([0-9a-f]{32})"/g)].map(([, md5]) => md5!)),
];

async function commit(
  { client, branch, origin }: Work,
  dataset: string,
  { output, commit: { id, author, time, message } }: State,
  { parents, head, listing }: { parents: string[]; head: string | null; listing: string | undefined },
): Promise<DatasetVersion | undefined> {
  const { layout, oid, path, executable, stage, command, origin: from } = output;
  const said = { 'dvc.stage': stage, 'dvc.command': command, 'dvc.imported-from': from };
  const { version } = await client.call(commitDvcOutput, {
    params: { dataset },
    body: {
      layout,
      oid,
      branch,
      parents,
      expected: head,
      ...(listing === undefined ? { path: path.slice(path.lastIndexOf('/') + 1) } : { listing }),
      ...(executable ? { executable } : {}),
      message: message.slice(0, 10_000),
      source: `${origin}@${id.slice(0, 12)}:${path}`.slice(0, 2000),
      meta: {
        [COMMIT]: id,
        'git.author': author.slice(0, 5000),
        'git.time': time,
        [PATH]: path,
        'dvc.oid': oid,
        ...Object.fromEntries(
          Object.entries(said).flatMap(([key, value]) =>
            value === undefined ? [] : [[key, value.slice(0, 5000)]],
          ),
        ),
      },
    },
  });
  return version;
}
