import type { Body, Tensor } from '../../../runtimes/index.ts';
import type { Route, Target } from '../table.ts';

/** One answer, as hooks see it once it is on its way to whoever asked. Tensors are never written after they were read. */
export interface Answered {
  readonly route: Route;
  /** Who answered. */
  readonly target: Target;
  readonly prediction: string;
  /** What the id says of its moment: ms since 1970, and the number within that millisecond. */
  readonly at: number;
  readonly counter: number;
  /** One where the model is asked as a whole. */
  readonly rows: number;
  /** From the last byte of the question, or of a shadow from when it was asked. */
  readonly ms: number;
  /** Of these, until the model was asked. */
  readonly queued: number;
  /** Sticky key of the caller. */
  readonly key: string | undefined;
  readonly params: Record<string, unknown> | undefined;
  /** As the caller gave them, in the caller's order. */
  readonly given: readonly Tensor[] | undefined;
  /** As the model took them, in the model's order. */
  readonly inputs: ReadonlyArray<Tensor | undefined>;
  readonly outputs: readonly Tensor[] | undefined;
  /** Where data of any form was asked instead of tensors: what came, and the JSON that went back. */
  readonly body: Body | undefined;
  readonly text: string | undefined;
  /** Of a shadow: the answer that this one is compared with. */
  readonly copyOf: { readonly prediction: string; readonly outputs: readonly Tensor[] } | undefined;
}

/**
 * What hangs on the path of a question. The path calls each hook at its moments and knows nothing of what they do; a hook keeps what
 * it costs small, because it runs in the thread that answers.
 */
export interface Hook {
  /** It is in the line of this target. */
  asked?(target: Target): void;
  /** The target cannot answer: another one that may. The first hook that names one decides. */
  divert?(question: Diverted, current: Route | undefined): Target | undefined;
  /** Another target has taken it over while it waited. */
  diverted?(from: Target, to: Target): void;
  /** The model was called, for as many questions as shared the call. */
  called?(target: Target): void;
  /** `waited`: it had been asked; else it was turned away at once. */
  failed?(target: Target, error: Error, waited: boolean): void;
  answered?(answered: Answered): void;
}

export interface Diverted {
  readonly route: Route;
  readonly target: Target;
  /** The version that the caller insists on. */
  readonly version: string | undefined;
}

/** All hooks as one, in the order in which they were given. */
export class Hooks implements Required<Hook> {
  private readonly all: readonly Hook[];

  constructor(all: readonly Hook[]) {
    this.all = all;
  }

  asked(target: Target): void {
    for (const hook of this.all) hook.asked?.(target);
  }

  divert(question: Diverted, current: Route | undefined): Target | undefined {
    for (const hook of this.all) {
      const found = hook.divert?.(question, current);
      if (found) return found;
    }
    return undefined;
  }

  diverted(from: Target, to: Target): void {
    for (const hook of this.all) hook.diverted?.(from, to);
  }

  called(target: Target): void {
    for (const hook of this.all) hook.called?.(target);
  }

  failed(target: Target, error: Error, waited: boolean): void {
    for (const hook of this.all) hook.failed?.(target, error, waited);
  }

  answered(answered: Answered): void {
    for (const hook of this.all) hook.answered?.(answered);
  }
}
