import type { DataInput, GateResult, RolloutWish, StepOutput } from '../contract.ts';
import type { Definition, Gate, GateSpec } from '../file/definition.ts';

/** What the gate judges on. */
type GateData =
  | { kind: 'dataset'; ref: string }
  | { kind: 'output'; execution: string; step: string; output: string };

/** What the file asks to be done with the version that its steps made. The room of releases does it. */
export interface Wish {
  gate?: {
    data: GateData;
    /** As in the file. */
    written: string;
    /** Of the data: equal digests, equal rows. */
    digest: string;
    spec: GateSpec;
  };
  deploy?: { endpoint: string; sticky?: boolean; replace?: string; rollout?: RolloutWish };
  /** Judge again, whatever was judged before. */
  force: boolean;
  /** The verdict is all that is wanted: whatever it is, no alias moves. */
  judgeOnly?: true;
}

/** Undefined: nothing is asked for, and the version is all that there is to it. */
export function wishOf(
  { gate, deploy: wanted }: Definition,
  made: {
    execution: string;
    data: ReadonlyMap<string, DataInput>;
    /** By `step.output`. */
    outputs: ReadonlyMap<string, StepOutput>;
    force: boolean;
    judgeOnly: boolean;
  },
): Wish | { skipped: GateResult } | undefined {
  const deploy = made.judgeOnly ? undefined : wanted;
  if (!gate && !deploy) return undefined;
  const found = gate && dataOf(gate, made);
  if (gate && !found)
    return {
      skipped: {
        state: 'skipped',
        data: gate.written,
        reasons: [],
        rules: [],
        problem: `this execution did not make ${gate.written}, so nothing was judged`,
      },
    };
  return {
    ...(gate && found ? { gate: { ...found, written: gate.written, spec: gate.spec } } : {}),
    ...(deploy
      ? {
          deploy: {
            endpoint: deploy.endpoint,
            ...(deploy.sticky === undefined ? {} : { sticky: deploy.sticky }),
            ...(deploy.replace === undefined ? {} : { replace: deploy.replace }),
            ...(deploy.rollout === undefined ? {} : { rollout: deploy.rollout }),
          },
        }
      : {}),
    force: made.force,
    ...(made.judgeOnly ? { judgeOnly: true } : {}),
  };
}

function dataOf(
  { data: input }: Gate,
  { execution, data, outputs }: Parameters<typeof wishOf>[1],
): { data: GateData; digest: string } | undefined {
  if (input.kind === 'output') {
    const { step, output } = input;
    const made = outputs.get(`${step}.${output}`);
    return made && { data: { kind: 'output', execution, step, output }, digest: made.digest };
  }
  const version = data.get(input.name);
  if (!version) return undefined;
  const path = input.path === undefined ? '' : `:${input.path}`;
  return {
    data: { kind: 'dataset', ref: `${version.dataset}@${version.version}${path}` },
    digest: `${version.hash}${path}`,
  };
}
