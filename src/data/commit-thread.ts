import { parentPort } from 'node:worker_threads';
import { toCrossing, type Crossing } from '../platform/errors/index.ts';
import { parse, readJson } from '../platform/bodies/index.ts';
import { CommitList, type CommitAbout } from './commit-list.ts';
import { commitVersion, type Commit } from './contract.ts';

/** The body of one commit, piece by piece, its end, and then questions about its list. */
export type Asked =
  | { chunk: Uint8Array }
  | { end: true }
  | { method: Method; args: Parameters<CommitList[Method]> };
export type Method = 'blobs' | 'compare' | 'toCheck' | 'objects' | 'bytesOf';
export type CommitHead = Omit<Commit, 'files'>;
export type Told =
  | { head: CommitHead; about: CommitAbout }
  | { result: ReturnType<CommitList[Method]> }
  | { error: Crossing };

let chunks: Uint8Array[] = [];
let list: CommitList | undefined;

function answer(asked: Exclude<Asked, { chunk: Uint8Array }>): Told {
  if ('end' in asked) {
    const text = Buffer.concat(chunks).toString('utf8');
    chunks = [];
    const { files, ...head } = parse(commitVersion.body, readJson(text), 'body');
    list = new CommitList(files);
    return { head, about: list.about };
  }
  if (!list) throw new Error('a list was asked for before it was read');
  // The one who asks pairs each method with its own arguments.
  const method = list[asked.method] as (...args: unknown[]) => ReturnType<CommitList[Method]>;
  return { result: method.apply(list, asked.args) };
}

parentPort?.on('message', (asked: Asked) => {
  if ('chunk' in asked) {
    chunks.push(asked.chunk);
    return;
  }
  let told: Told;
  try {
    told = answer(asked);
  } catch (error) {
    told = { error: toCrossing(error) };
  }
  parentPort?.postMessage(told);
});
