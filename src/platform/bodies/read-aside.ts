import { createAside, LATE, programFile } from '../aside/index.ts';
import { fromCrossing, tooLarge } from '../errors/index.ts';
import type { Asked, Told } from './json-thread.ts';

/** It keeps nothing between two bodies, so one for the process is as good as one handed in. */
const thread = createAside<Asked, Told>({
  file: programFile('json-thread', import.meta.url),
  name: 'treadle-json',
  deadline: 20_000,
});

/** The body before: the thread reads one at a time. */
let before: Promise<unknown> = Promise.resolve();

/**
 * `readJson`, off the loop, for a body that would hold the loop: read in a thread, and brought over in pieces that each take a few milliseconds.
 * One whose pieces would be larger is refused.
 */
export function readJsonAside(chunks: readonly Uint8Array[]): Promise<unknown> {
  const mine = before.then(() => read(joined(chunks)));
  before = mine.catch(() => undefined);
  return mine;
}

async function read(bytes: Uint8Array<ArrayBuffer>): Promise<unknown> {
  const told = await ask({ read: bytes }, [bytes.buffer]);
  if (!('lists' in told)) throw new Error('the thread that reads JSON answered something else');
  if (told.lists.length === 0) return told.rest;
  const body = told.rest as Record<string, unknown>; // only an object has lists
  for (const { key, pieces } of told.lists) {
    const list: unknown[] = [];
    for (let i = 0; i < pieces; i++) {
      const next = await ask({ next: true });
      if ('piece' in next) for (const item of next.piece) list.push(item);
    }
    body[key] = list;
  }
  return body;
}

async function ask(asked: Asked, moved: readonly ArrayBuffer[] = []): Promise<Told> {
  const told = await thread.ask(asked, moved);
  if (told === LATE)
    throw tooLarge('the body takes more time or memory to read than a request may', {
      field: 'body',
      hint: 'send less at once',
    });
  if ('error' in told) throw fromCrossing(told.error);
  return told;
}

/** In a buffer of its own, which can be moved. */
function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
