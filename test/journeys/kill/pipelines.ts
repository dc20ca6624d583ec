import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { PATIENCE } from '../../until.ts';
import { sleep } from './server-process.ts';

const treadle = path.join(import.meta.dirname, '..', '..', '..', 'bin', 'treadle');
const run = promisify(execFile);

interface Step {
  name: string;
  state: string;
}

interface Execution {
  id: string;
  state: string;
  steps: Step[];
}

/** A pipeline of real processes; each step leaves a mark outside whenever it starts, so that a second run of it shows. */
export class KilledPipeline {
  readonly #url: string;
  readonly #folder: string;
  readonly #marks: string;
  /** Steps that the API once called succeeded, with the number of their marks then. */
  readonly #done = new Map<string, number>();
  executions = 0;

  constructor(url: string, folder: string) {
    this.#url = url;
    this.#folder = folder;
    this.#marks = path.join(folder, 'marks.txt');
    mkdirSync(path.join(folder, 'project'), { recursive: true });
    writeFileSync(this.#marks, '');
    chmodSync(this.#marks, 0o666);
    const step = (name: string, input: string | undefined): string =>
      [
        `  ${name}:`,
        `    run: echo {round}-${name} >> ${this.#marks}; sleep 0.15; echo ${input === undefined ? '' : `"$(cat {${input}})"`} ${name} > {${name}_out}`,
        `    out: { ${name}_out: ${name}.txt }`,
      ].join('\n');
    const chain = ['a', 'b', 'c', 'd', 'e'].map((name, i, all) =>
      step(name, i === 0 ? undefined : `${all[i - 1]}_out`),
    );
    const file = [
      'name: killed',
      'env: system',
      'params: { round: 0 }',
      'steps:',
      ...chain,
      step('side', undefined),
      '',
    ].join('\n');
    writeFileSync(path.join(folder, 'project', 'treadle.yaml'), file);
  }

  /** Starts executions one after the other until told to stop; the command may die with the server, the execution may not. */
  async client(going: () => boolean): Promise<void> {
    for (let round = 1; going(); round++) {
      await run(treadle, ['run', '--param', `round=${round}`, '--json'], {
        cwd: path.join(this.#folder, 'project'),
        env: { ...process.env, TREADLE_URL: this.#url },
      }).catch(() => undefined);
      this.executions = round;
    }
  }

  /** Looks which steps are done, to see later that none of them ran again; says whether there is one more than before. */
  async observe(): Promise<boolean> {
    const known = this.#done.size;
    const marks = this.#count();
    const details = await this.#details().catch(() => []);
    for (const { id, steps } of details) {
      for (const { name, state } of steps) {
        const key = `${id}/${name}`;
        if (state === 'succeeded' && !this.#done.has(key))
          this.#done.set(key, marks.get(`${await this.#round(id)}-${name}`) ?? 0);
      }
    }
    return this.#done.size > known;
  }

  /** Every execution that was begun comes to its end, by itself, and no finished step ran twice. */
  async verify(): Promise<{ executions: number; steps: number }> {
    for (const end = performance.now() + PATIENCE; ;) {
      const details = await this.#details();
      const open = details.filter(({ state }) => state === 'queued' || state === 'running');
      if (open.length === 0) {
        for (const { id, state, steps } of details) {
          assert.equal(
            state,
            'succeeded',
            `execution ${id} ended ${state}: ${JSON.stringify(steps.map(({ name, state: s }) => [name, s]))}`,
          );
        }
        const marks = this.#count();
        for (const [key, before] of this.#done) {
          const [id = '', name = ''] = key.split('/');
          assert.equal(
            marks.get(`${await this.#round(id)}-${name}`),
            before,
            `step ${name} of ${id} ran again after it had succeeded`,
          );
        }
        return {
          executions: details.length,
          steps: details.reduce((sum, { steps }) => sum + steps.length, 0),
        };
      }
      assert.ok(
        performance.now() < end,
        `executions are still open: ${JSON.stringify(open.map(({ id }) => id))}`,
      );
      await sleep(200);
    }
  }

  readonly #rounds = new Map<string, string>();
  async #round(id: string): Promise<string> {
    const known = this.#rounds.get(id);
    if (known !== undefined) return known;
    const { params } = await this.#get<{ params: Array<{ name: string; value: unknown }> }>(
      `/api/v1/executions/${id}`,
    );
    const round = String(params.find(({ name }) => name === 'round')?.value);
    this.#rounds.set(id, round);
    return round;
  }

  async #details(): Promise<Execution[]> {
    const { items } = await this.#get<{ items: Array<{ id: string }> }>(
      '/api/v1/executions?pipeline=killed&limit=1000',
    );
    return Promise.all(items.map(({ id }) => this.#get<Execution>(`/api/v1/executions/${id}`)));
  }

  async #get<T>(url: string): Promise<T> {
    const answer = await fetch(this.#url + url);
    assert.equal(answer.status, 200, url);
    // The shape is that of the pipelines contract.
    return (await answer.json()) as T;
  }

  #count(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const mark of readFileSync(this.#marks, 'utf8').split('\n').filter(Boolean))
      counts.set(mark, (counts.get(mark) ?? 0) + 1);
    return counts;
  }
}
