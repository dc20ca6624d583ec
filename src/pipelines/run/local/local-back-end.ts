import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { outwardMessageOf } from '../../../platform/errors/index.ts';
import {
  begunAt,
  bootId,
  endMarked,
  newMark,
  outputOf,
  programFolders,
  type Found,
  type Outliving,
  type Processes,
} from '../../../platform/processes/index.ts';
import { INPUTS } from '../../plan/parts.ts';
import type { BackEnd, Collected, End, Handle } from '../back-end.ts';
import { openLog, type LogFile } from '../log-file.ts';
import { removeFolder } from '../place.ts';
import { createSamples } from '../samples.ts';
import { stepVariables } from '../step-environment.ts';
import type { Step } from '../../file/definition.ts';
import { collectTry } from './collect-try.ts';
import { modulesOf } from './modules.ts';
import type { Slots, Want } from './slots.ts';
import { commandLine, paramsFileOf, prepareFolder } from './step-folder.ts';
import { createTails, type Tail } from './tail.ts';

const NAME = 'local';
/** Between secrets that are kept: no variable of an environment can hold it. */
const BETWEEN = '\0';

/** What is stored of a try: enough to find its processes and its folders, and to hold its share of the machine. */
interface LocalHandle extends Handle {
  /** Stands in the environment of its processes, and in the name of the folder that tells of them. */
  mark: string;
  /** Another boot of the machine has nothing of it left but files that may be half there. */
  boot: string;
  want: Want;
}

/** What this server knows of a try, all of it found again from the handle. */
interface Live {
  execution: string;
  folder: string;
  control: string;
  release: () => void;
  log: LogFile;
  tail: Tail | undefined;
  samples: ReturnType<typeof createSamples>;
  /** How its processes are cared for from here on. Undefined: it could not be prepared, or was cancelled before. */
  running: Outliving | undefined;
  found: Exclude<Found, 'lost'> | undefined;
  failed: unknown;
  delay: number | undefined;
  /** Has the modules that it compiled kept for those like it. */
  learn: (() => Promise<void>) | undefined;
}

export interface LocalOptions {
  processes: Processes;
  slots(): Promise<Slots>;
  /** A folder of ours, its real path. In it a folder for each execution. */
  work: string;
  logOf(execution: string, step: string): string;
  changed(execution: string): void;
}

export interface Local extends BackEnd {
  /** When the server starts: whatever earlier ones left goes, processes and folders, but for what was adopted. */
  sweep(): Promise<void>;
}

/** `<step>-<attempt>.<mark>`: beside the folder of the step, where the step does not reach. */
const CONTROL = /^(.+-\d+)\.([0-9a-f]{24})$/;

/** Steps as processes of this machine. They go on without the server; the next one adopts them. */
export function createLocal({ processes, slots, work, logOf, changed }: LocalOptions): Local {
  const tails = createTails();
  const lives = new Map<string, Live>();
  const leaving = new Set<Promise<void>>();

  // Names are those of the file's grammar: letters, digits, _ and -.
  const folderOf = (execution: string, name: string, attempt: number): string =>
    path.join(work, execution, `${name}-${attempt}`);
  const controlOf = (folder: string, mark: string): string => `${folder}.${mark}`;
  const live = (handle: Handle): Live => {
    const one = lives.get(own(handle).mark);
    if (!one) throw new Error(`the try ${own(handle).mark} is not known to this server`);
    return one;
  };

  function optionsOf(one: Live, mark: string, step: Step) {
    return {
      control: one.control,
      mark,
      cwd: one.folder,
      timeout: step.timeout,
      memory: step.resources.memory,
      onSample: one.samples.add,
    };
  }

  const follow = (one: Live): Tail =>
    tails.follow(outputOf(one.control), (chunk) => {
      one.log.write(chunk);
      changed(one.execution);
    });

  return {
    name: NAME,
    async refuses({ resources: { memory, gpu } }) {
      const { total } = await slots();
      if (gpu > total.gpu) return `${gpu} GPUs, and this machine has ${total.gpu}`;
      if ((memory ?? 0) > total.memory)
        return `${memory} bytes of memory, and this machine can give ${Math.floor(total.memory)}`;
      return undefined;
    },

    async submit(ctx, task, material, record, signal) {
      const { execution, step, attempt } = task;
      const { take, total } = await slots();
      // Cores are shared out, not walled off: a step that wants more than there are runs alone.
      const want = {
        cpu: Math.min(step.resources.cpu ?? 1, total.cpu),
        memory: step.resources.memory ?? 0,
        gpu: step.resources.gpu,
      };
      const release = await take(want, signal).catch(() => undefined);
      if (!release) return undefined;
      const began = performance.now();
      const handle: LocalHandle = { by: NAME, mark: newMark(), boot: bootId(), want };
      const folder = folderOf(execution, step.name, attempt);
      const control = controlOf(folder, handle.mark);
      let log: LogFile | undefined;
      try {
        mkdirSync(control, { recursive: true, mode: 0o700 });
        log = openLog(logOf(execution, step.name));
        const prepared = prepareFolder(ctx, { step, folder, ...material, signal })
          .then(() => (step.inputs.length === 0 ? undefined : processes.letRead(path.join(folder, INPUTS))))
          .then(() =>
            // Steps speak to the server and fetch what they need: the network stays theirs.
            processes.give(handle.mark, {
              read: [
                path.join(folder, INPUTS),
                ...material.environment.bin.flatMap((bin) => programFolders(path.join(bin, 'python'))),
              ],
              write: [folder],
              share: processes.isolation.share,
              network: true,
            }),
          )
          .then(
            (isolate) => ({ isolate }),
            (error: unknown) => ({ error }),
          );
        const identity = await record(handle).catch(async (error: unknown) => {
          await prepared; // what it still writes would come back after the clearing
          throw error;
        });
        const ready = await prepared;
        const modules = modulesOf(processes, material.environment, step, folder);
        // A viewer may read the log, and the token may write. Kept for the next server, which hides them, too.
        const hidden = [identity.token, ...Object.values(material.secrets)];
        writeFileSync(path.join(control, 'secret'), hidden.join(BETWEEN), { mode: 0o600 });
        for (const one of hidden) log.hide(one);
        const one: Live = {
          execution,
          folder,
          control,
          release,
          log,
          tail: undefined,
          samples: createSamples(ctx.clock.now()),
          running: undefined,
          found: undefined,
          failed: 'error' in ready ? ready.error : undefined,
          delay: undefined,
          learn: modules?.learn,
        };
        lives.set(handle.mark, one);
        if ('error' in ready || signal.aborted) return handle;
        one.running = processes.startOutliving({
          ...optionsOf(one, handle.mark, step),
          argv: ['/bin/sh', '-c', commandLine({ step, params: material.params, outputs: material.outputs })],
          env: {
            // What the server itself says wins: a secret that is called PATH is none.
            ...material.secrets,
            ...stepVariables({
              step,
              folder,
              environment: material.environment,
              params: material.params,
              paramsFile: paramsFileOf(folder),
              execution,
              tracking: identity,
              modules: modules?.at,
            }),
          },
          isolate: ready.isolate,
        });
        one.delay = Math.round((performance.now() - began) * 100) / 100;
        one.tail = follow(one);
        return handle;
      } catch (error) {
        log?.close();
        release();
        lives.delete(handle.mark);
        await Promise.all([removeFolder(folder), removeFolder(control)]).catch(() => undefined); // the next start removes them
        throw error;
      }
    },

    async watch(handle, { step }, onStart) {
      const one = live(handle);
      const now = (): number => Date.now();
      const never = (outcome: End['outcome']): End => ({
        outcome,
        startedAt: undefined,
        endedAt: now(),
        resources: undefined,
        samples: [],
      });
      if (one.found !== undefined && !one.running)
        one.running = processes.attend(one.found, optionsOf(one, own(handle).mark, step));
      const { running, tail } = one;
      if (!running || !tail) {
        if (one.failed === undefined) return never({ reason: 'cancelled', message: 'it was cancelled' });
        const message = `it could not be prepared: ${outwardMessageOf(one.failed)}`;
        one.log.write(Buffer.from(`[treadle: ${message}]\n`));
        return never({ reason: 'input', message });
      }
      const startedAt = running.began();
      onStart(startedAt, one.delay);
      const ended = await running.ended;
      await tail.end();
      one.log.flush();
      return {
        outcome: {
          reason: ended.reason,
          message: ended.message,
          ...(ended.code === undefined ? {} : { code: ended.code }),
          ...(ended.signal === undefined ? {} : { signal: ended.signal }),
        },
        startedAt,
        endedAt: running.endedAt(),
        resources: one.samples.summary(ended),
        samples: one.samples.points(),
      };
    },

    async collect(ctx, handle, { step }, end): Promise<Collected> {
      const one = live(handle);
      try {
        const collected = await collectTry(ctx, step, one.folder, one.log, end);
        // One that failed may not have come to all of its imports.
        if (collected.outcome.reason === 'ok') await one.learn?.();
        return collected;
      } finally {
        one.log.close();
        one.release();
      }
    },

    cancel(handle) {
      lives.get(own(handle).mark)?.running?.stop('cancelled');
    },

    async adopt({ execution, name, attempt }, stored) {
      const handle = own(stored);
      if (lives.has(handle.mark)) return 'adopted'; // when the server started
      const folder = folderOf(execution, name, attempt);
      const control = controlOf(folder, handle.mark);
      const found = await processes.find({ control, mark: handle.mark });
      if (found === 'lost' || handle.boot !== bootId()) return 'lost';
      // Written anew from all that it said, so that a secret which was cut in two stays hidden.
      const log = openLog(logOf(execution, name));
      for (const one of readFileSync(path.join(control, 'secret'), 'utf8').split(BETWEEN)) log.hide(one);
      const one: Live = {
        execution,
        folder,
        control,
        release: (await slots()).hold(handle.want),
        log,
        tail: undefined,
        samples: createSamples(begunAt(control) ?? Date.now()),
        running: undefined,
        found,
        failed: undefined,
        delay: undefined,
        learn: undefined,
      };
      one.tail = follow(one);
      lives.set(handle.mark, one);
      return 'adopted';
    },

    async forget(handle) {
      const { mark } = own(handle);
      const one = lives.get(mark);
      if (!one) return;
      lives.delete(mark);
      one.log.close();
      one.release();
      // The folder that names its mark goes last: as long as it is there, the next start ends what still runs.
      const gone = (async () => {
        await one.running?.swept;
        await removeFolder(one.folder);
        await removeFolder(one.control);
      })();
      leaving.add(gone);
      await gone.finally(() => leaving.delete(gone));
    },

    async clear(execution) {
      const mine = [...lives].filter(([, one]) => one.execution === execution);
      for (const [mark, one] of mine) {
        if (one.found !== undefined && !one.running) endMarked(new Set([mark]));
        one.running?.stop('cancelled');
      }
      await Promise.all(
        mine.map(async ([mark, one]) => {
          await one.running?.ended;
          await one.tail?.end().catch(() => undefined); // nobody reads it any more
          await this.forget({ by: NAME, mark });
        }),
      );
      await Promise.all(leaving);
      await removeFolder(path.join(work, execution));
    },

    async sweep() {
      const marks = new Set<string>();
      const left: string[] = [];
      for (const execution of await readdir(work)) {
        const kept = [...lives.values()].filter((one) => one.execution === execution);
        if (kept.length === 0) left.push(path.join(work, execution));
        for (const name of await readdir(path.join(work, execution)).catch(() => [])) {
          const at = path.join(work, execution, name);
          const mark = CONTROL.exec(name)?.[2];
          if (mark !== undefined && !lives.has(mark)) marks.add(mark);
          if (!kept.some((one) => [one.folder, one.control, one.log.path].includes(at))) left.push(at);
        }
      }
      endMarked(marks);
      for (const mark of marks)
        rmSync(path.join(processes.isolation.folder, `${mark}.mounts`), { force: true });
      await Promise.all(left.map(removeFolder));
    },
  };
}

/** What stands in the column was written by `submit`. */
const own = (handle: Handle): LocalHandle => handle as LocalHandle;
