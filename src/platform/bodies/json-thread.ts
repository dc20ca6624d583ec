import { parentPort } from 'node:worker_threads';
import { toCrossing, type Crossing } from '../errors/index.ts';
import { cut, type Pieces } from './measure.ts';
import { readJson } from './read-json.ts';

/** Reads a body, then hands its long lists over piece by piece, each when it is asked for. */
export type Asked = { read: Uint8Array } | { next: true };
export type Told =
  | { rest: unknown; lists: Array<{ key: string; pieces: number }> }
  | { piece: unknown[] }
  | { error: Crossing };

/** Pieces of the body that was read last, the next one at the end. */
let waiting: unknown[][] = [];

function answer(asked: Asked): Told {
  if ('next' in asked) return { piece: waiting.pop() ?? [] };
  const { buffer, byteOffset, length } = asked.read;
  const { rest, lists }: Pieces = cut(readJson(Buffer.from(buffer, byteOffset, length).toString('utf8')));
  waiting = lists.flatMap(({ pieces }) => pieces).toReversed();
  return { rest, lists: lists.map(({ key, pieces }) => ({ key, pieces: pieces.length })) };
}

parentPort?.on('message', (asked: Asked) => {
  let told: Told;
  try {
    told = answer(asked);
  } catch (error) {
    told = { error: toCrossing(error) };
  }
  parentPort?.postMessage(told);
});
