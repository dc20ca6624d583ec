import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient, type Client } from '../../../src/faces/cli/client.ts';
import { readProject, sendCode } from '../../../src/faces/cli/pipelines/project.ts';
import {
  createExecution,
  getExecution,
  planExecution,
  readStepLog,
  type ExecutionDetail,
  type NewExecution,
  type Plan,
  type Step,
} from '../../../src/pipelines/contract.ts';
import { until } from '../../until.ts';

/** How many processes of the machine have these very words as their command line; behind walls their numbers are others. */
export function running(...words: string[]): number {
  const wanted = `${words.join('\0')}\0`;
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1') === wanted;
    } catch {
      return false; // it ended
    }
  }).length;
}

/** A project on disk and a server to run it: what `treadle run` does, without a process for each command. */
export class Project {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'treadle-project-'));
  readonly client: Client;

  constructor(url: string, token?: string) {
    this.client = createClient({
      TREADLE_URL: url,
      ...(token === undefined ? {} : { TREADLE_TOKEN: token }),
    });
  }

  write(name: string, text: string | Uint8Array, executable = false): this {
    const at = path.join(this.folder, name);
    mkdirSync(path.dirname(at), { recursive: true });
    writeFileSync(at, text);
    if (executable) chmodSync(at, 0o755);
    return this;
  }

  async request(more: Partial<NewExecution> = {}): Promise<NewExecution> {
    const project = await readProject(path.join(this.folder, 'treadle.yaml'));
    await sendCode(this.client, project);
    return { file: project.file, code: project.code, ...more };
  }

  async start(more: Partial<NewExecution> = {}): Promise<ExecutionDetail> {
    return this.client.call(createExecution, { body: await this.request(more) });
  }

  async plan(more: Partial<NewExecution> = {}): Promise<Plan> {
    return this.client.call(planExecution, { body: await this.request(more) });
  }

  /** Runs to the end. */
  async run(more: Partial<NewExecution> = {}): Promise<ExecutionDetail> {
    return this.ended((await this.start(more)).id);
  }

  get(id: string): Promise<ExecutionDetail> {
    return this.client.call(getExecution, { params: { execution: id } });
  }

  async ended(id: string): Promise<ExecutionDetail> {
    return this.until(id, ({ state }) => state !== 'queued' && state !== 'running');
  }

  async until(id: string, is: (execution: ExecutionDetail) => boolean): Promise<ExecutionDetail> {
    let execution: ExecutionDetail | undefined;
    return until(
      `execution ${id}`,
      async () => {
        execution = await this.get(id);
        return is(execution) && execution;
      },
      25,
    ).catch((error: unknown) => {
      throw new Error(`it is ${JSON.stringify(execution)}`, { cause: error });
    });
  }

  async log(execution: string, step: string): Promise<string> {
    return (await this.client.call(readStepLog, { params: { execution, step }, query: {} })).text;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export const states = ({ steps }: ExecutionDetail): Record<string, string> =>
  Object.fromEntries(steps.map(({ name, state }) => [name, state]));
export const stepOf = ({ steps }: ExecutionDetail, name: string): Step =>
  steps.find((step) => step.name === name)!;
export const whyOf = (execution: ExecutionDetail, name: string): string =>
  stepOf(execution, name)
    .reasons.map(({ text }) => text)
    .join('; ');
