// Who asks an endpoint and tells it what became of its answers, whatever becomes of the server.
import assert from 'node:assert/strict';
import type { OutcomesAdded } from '../../../src/monitoring/contract.ts';
import type { Random } from '../../random.ts';
import { sleep } from '../kill/server-process.ts';
import { rowOf, type Row } from './turning.ts';

/** An answer that a caller got. */
export interface Answered extends Row {
  id: string;
  version: number;
  revision: number;
  value: number;
}

/** Outcomes that are told together. */
const TOGETHER = 20;

export class Callers {
  /** By id. */
  readonly answers = new Map<string, Answered>();
  /** Ids whose outcome was acknowledged. */
  readonly told = new Set<string>();
  /** Outcomes that came too late, since the server was away. */
  late = 0;
  /** Requests that were not answered: the server was away, or had its models not loaded yet. */
  away = 0;
  /** What a caller met that must not be; it asks no more. */
  fault: unknown;
  readonly #url: string;
  readonly #endpoint: string;
  readonly #random: Random;
  #over = false;
  #work: Promise<void>[] = [];

  constructor(url: string, endpoint: string, random: Random) {
    this.#url = url;
    this.#endpoint = endpoint;
    this.#random = random;
  }

  /** Two callers, and `pause` between the requests of each, ms. */
  begin(pause: number): void {
    this.#work = [this.#ask(pause), this.#ask(pause)].map((caller) =>
      caller.catch((error: unknown) => void (this.fault ??= error)),
    );
  }

  async end(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#work);
  }

  async #ask(pause: number): Promise<void> {
    let waiting: Answered[] = [];
    while (!this.#over) {
      const row = rowOf(this.#random);
      const answer = await this.#post(`/v2/models/${this.#endpoint}/infer`, {
        inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [row.a, row.b] }],
      });
      if (answer?.status !== 200) {
        assert.ok(answer === undefined || answer.status === 503, `${answer?.status}: ${answer?.text}`);
        this.away++;
        await sleep(50);
        continue;
      }
      const said = JSON.parse(answer.text) as { model_version: string; outputs: Array<{ data: number[] }> };
      const one = {
        ...row,
        id: answer.headers.get('x-treadle-prediction') ?? '',
        version: Number(said.model_version),
        revision: Number(answer.headers.get('x-treadle-revision')),
        value: said.outputs[0]!.data[0]!,
      };
      this.answers.set(one.id, one);
      waiting.push(one);
      if (waiting.length >= TOGETHER) waiting = (await this.#tell(waiting)) ? [] : waiting;
      await sleep(pause);
    }
  }

  /** False: the server was away, and nobody knows what came of it. Telling it again does no harm. */
  async #tell(answers: readonly Answered[]): Promise<boolean> {
    const outcomes = answers.map(({ id, late }) => ({ prediction: id, value: late }));
    const answer = await this.#post(`/api/v1/endpoints/${this.#endpoint}/outcomes`, { outcomes });
    if (answer === undefined) return false;
    // None of them was taken.
    if (answer.status === 400 && answer.text.includes('outcomes are taken for')) {
      this.late += answers.length;
      return true;
    }
    assert.equal(answer.status, 200, answer.text);
    const { refused } = JSON.parse(answer.text) as OutcomesAdded;
    for (const { code, message } of refused) assert.equal(code, 'late', message);
    this.late += refused.length;
    const left = new Set(refused.map(({ index }) => index));
    answers.forEach(({ id }, index) => void (left.has(index) || this.told.add(id)));
    return true;
  }

  /** Undefined: the server was not there, or died on it. */
  async #post(
    path: string,
    body: object,
  ): Promise<{ status: number; headers: Headers; text: string } | undefined> {
    try {
      const answer = await fetch(this.#url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return { status: answer.status, headers: answer.headers, text: await answer.text() };
    } catch {
      return undefined;
    }
  }
}
