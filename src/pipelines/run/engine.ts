import { mkdirSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Processes } from '../../platform/processes/index.ts';
import { createEnvironments, type Environments } from '../environments/environments.ts';
import { createHub, type Hub } from './hub.ts';
import { describeMachine, type Machine } from './machine.ts';
import { createSlots, machineTotal, type Slots } from './slots.ts';

export interface EngineOptions {
  /** The data folder of the server: `work/` and `envs/` in it are ours. */
  data: string;
  processes: Processes;
  /** What the machine has; measured unless said. */
  slots?: Slots;
}

/** What executions share in one server: folders, environments, cores, and who is watching. */
export interface Engine {
  readonly processes: Processes;
  readonly environments: Environments;
  readonly hub: Hub;
  slots(): Promise<Slots>;
  machine(): Promise<Machine>;
  /** The server's address for steps; known once it listens. */
  url(): Promise<string>;
  listening(url: string): void;
  folderOf(execution: string): string;
  logOf(execution: string, step: string): string;
  /** Where an execution that runs here hears of its cancellation. */
  readonly cancels: Map<string, AbortController>;
}

export function createEngine(options: EngineOptions): Engine {
  const place = path.resolve(options.data, 'work');
  // What a crash left there belongs to attempts that nobody will take up.
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true, mode: 0o700 });
  // Outputs are asked where they really lie, so the folder's own real path is taken while nobody else has written there.
  const work = realpathSync(place);
  let machine: Promise<Machine> | undefined;
  const describe = (): Promise<Machine> => (machine ??= describeMachine(options.processes));
  let slots: Slots | undefined = options.slots;
  const address = Promise.withResolvers<string>();
  return {
    processes: options.processes,
    environments: createEnvironments({
      processes: options.processes,
      folder: path.resolve(options.data, 'envs'),
    }),
    hub: createHub(),
    slots: async () => (slots ??= createSlots({ ...machineTotal(), gpu: (await describe()).gpus.length })),
    machine: describe,
    url: () => address.promise,
    listening(url) {
      address.resolve(url);
      // Asking the GPUs takes a second on some machines: the first step shall not wait for it.
      describe().catch(() => undefined);
    },
    folderOf: (execution) => path.join(work, execution),
    // Names are those of the file's grammar: letters, digits, _ and -.
    logOf: (execution, step) => path.join(work, execution, `${step}.log`),
    cancels: new Map(),
  };
}
