import { mkdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { Ctx } from '../../platform/ctx/index.ts';
import type { Processes } from '../../platform/processes/index.ts';
import type { Secrets } from '../../secrets/index.ts';
import type { Tables } from '../../tables/index.ts';
import { createEnvironments, type Environments } from '../../environments/index.ts';
import { createHub, type Hub } from './hub.ts';
import { recover } from './recover.ts';
import { describeMachine, type Machine } from './machine.ts';
import type { BackEnd } from './back-end.ts';
import { createLocal } from './local/local-back-end.ts';
import { createSlots, machineTotal, type Slots } from './local/slots.ts';

export interface EngineOptions {
  /** The data folder of the server: `work/` and `envs/` in it are ours. */
  data: string;
  processes: Processes;
  /** Reads tables, of which a check may want a sample. */
  tables: Tables;
  secrets: Pick<Secrets, 'labels' | 'values'>;
  /** What the machine has; measured unless said. */
  slots?: Slots;
}

/** What executions share in one server: folders, environments, cores, and who is watching. */
export interface Engine {
  readonly processes: Processes;
  readonly tables: Tables;
  readonly secrets: Pick<Secrets, 'labels' | 'values'>;
  readonly environments: Environments;
  readonly hub: Hub;
  /** Where steps run. */
  readonly backEnd: BackEnd;
  machine(): Promise<Machine>;
  /** The server's address for steps; known once it listens. */
  url(): Promise<string>;
  listening(url: string): void;
  /** When the server starts, before anything else: takes up what runs, and ends all that earlier servers left besides. */
  recover(house: Ctx): Promise<void>;
  logOf(execution: string, step: string): string;
  /** Where an execution that runs here hears of its cancellation. */
  readonly cancels: Map<string, AbortController>;
}

export function createEngine(options: EngineOptions): Engine {
  const place = path.resolve(options.data, 'work');
  mkdirSync(place, { recursive: true, mode: 0o700 });
  // Outputs are asked where they really lie, so the folder's own real path is taken while nobody else has written there.
  const work = realpathSync(place);
  let machine: Promise<Machine> | undefined;
  const describe = (): Promise<Machine> => (machine ??= describeMachine(options.processes));
  let slots: Slots | undefined = options.slots;
  const address = Promise.withResolvers<string>();
  const hub = createHub();
  // Names are those of the file's grammar: letters, digits, _ and -.
  const logOf = (execution: string, step: string): string => path.join(work, execution, `${step}.log`);
  const local = createLocal({
    processes: options.processes,
    slots: async () => (slots ??= createSlots({ ...machineTotal(), gpu: (await describe()).gpus.length })),
    work,
    logOf,
    changed: hub.changed,
  });
  return {
    processes: options.processes,
    tables: options.tables,
    secrets: options.secrets,
    backEnd: local,
    recover: (house) => recover(house, local),
    environments: createEnvironments({
      processes: options.processes,
      folder: path.resolve(options.data, 'envs'),
    }),
    hub,
    machine: describe,
    url: () => address.promise,
    listening(url) {
      address.resolve(url);
      // Asking the GPUs takes a second on some machines: the first step shall not wait for it.
      describe().catch(() => undefined);
    },
    logOf,
    cancels: new Map(),
  };
}
