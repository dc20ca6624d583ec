import { mkdirSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Ctx } from '../../platform/ctx/index.ts';
import type { Processes } from '../../platform/processes/index.ts';
import { createEnvironments, type Environments } from '../environments/environments.ts';
import type { GateResult } from '../contract.ts';
import type { GateSpec } from '../file/definition.ts';
import type { CheckRules } from '../file/gate.ts';
import { createHub, type Hub } from './hub.ts';
import { describeMachine, type Machine } from './machine.ts';
import { createSlots, machineTotal, type Slots } from './slots.ts';

/** Registers what a pipeline made as a version of a model. The registry is a neighbour on this floor, so the roof hands it in. */
export interface ModelRegistrar {
  register(
    ctx: Ctx,
    model: {
      name: string;
      run: string;
      /** Where the files are: `runs:/<run>/outputs/<name>`. */
      source: string;
      description: string;
      tags: Record<string, string>;
    },
  ): Promise<{ name: string; version: string }>;
  /** The versions that came of a run, by the names of today. */
  versionsOf(ctx: Ctx, run: string): Promise<Array<{ name: string; version: number }>>;
  /** The version that the alias `champion` names. */
  champion(ctx: Ctx, name: string): Promise<number | undefined>;
  /** Moves the alias `champion`. */
  promote(ctx: Ctx, version: { name: string; version: number; reason: string }): Promise<void>;
  tag(ctx: Ctx, version: { name: string; version: number; tags: Record<string, string> }): Promise<void>;
}

/** What the gate judges on. */
export type GateData =
  | { kind: 'dataset'; ref: string }
  | { kind: 'output'; execution: string; step: string; output: string };

export interface Judgement extends Pick<GateResult, 'reasons' | 'rules' | 'proof' | 'problem'> {
  /** Id of the evaluation. */
  evaluation: string;
  /** Absent when it could not judge; `problem` says why. */
  verdict?: GateResult['verdict'];
}

/** Scores a model version and judges it by rules. Validation stands above this room, so the roof hands it in. */
export interface Gatekeeper {
  check: CheckRules;
  /** What rules about a champion say where there is none, and where the version is the champion itself. */
  words: { none: string; itself: string };
  /** `execution` names what a crash cut short: the evaluation that it made is found again. */
  judge(
    ctx: Ctx,
    question: {
      execution: string;
      model: string;
      version: number;
      data: GateData;
      spec: GateSpec;
      signal: AbortSignal;
    },
    say: (stage: string) => void,
  ): Promise<Judgement>;
}

/** A revision of an endpoint that answers. */
export interface LiveRevision {
  endpoint: string;
  revision: number;
  /** Its name in the ledger. */
  ref: string;
  address: string;
  warnings: readonly string[];
}

/** How an endpoint stands towards a version that may come to it. */
export interface Standing {
  /** The revision that answers; 0: none. */
  revision: number;
  /** Its primary is this version. */
  answers: boolean;
  /** The revision by which a person or a failure took the version away, where it did not come back since. */
  taken: { revision: number; cause: string; by: string; note?: string | undefined } | undefined;
}

interface Target {
  endpoint: string;
  model: string;
  version: number;
}

/** Puts a model version behind an endpoint. Serving stands above this room, so the roof hands it in. */
export interface Deployer {
  stands(ctx: Ctx, target: Target): Promise<Standing>;
  /**
   * The revision of the endpoint whose primary is this version, when there is one; waits for one that is being prepared, as an
   * attempt before a crash may have left it.
   */
  live(ctx: Ctx, target: Target & { signal: AbortSignal }): Promise<LiveRevision | undefined>;
  /** Resolves when it answers; rejects when it does not, and what answered before goes on. */
  deploy(
    ctx: Ctx,
    target: Target & {
      sticky?: boolean;
      /** The revision that it is meant to replace, and the other model that it may. */
      expects: number;
      replace?: string;
      note: string;
      asked_by: string;
      signal: AbortSignal;
    },
    say: (stage: string) => void,
  ): Promise<LiveRevision>;
}

export interface EngineOptions {
  /** The data folder of the server: `work/` and `envs/` in it are ours. */
  data: string;
  processes: Processes;
  registrar?: ModelRegistrar;
  gatekeeper?: Gatekeeper;
  deployer?: Deployer;
  /** What the machine has; measured unless said. */
  slots?: Slots;
}

/** What executions share in one server: folders, environments, cores, and who is watching. */
export interface Engine {
  readonly processes: Processes;
  readonly environments: Environments;
  readonly hub: Hub;
  readonly registrar: ModelRegistrar | undefined;
  readonly gatekeeper: Gatekeeper | undefined;
  readonly deployer: Deployer | undefined;
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
    registrar: options.registrar,
    gatekeeper: options.gatekeeper,
    deployer: options.deployer,
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
