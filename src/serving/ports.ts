import type { Ctx } from '../platform/ctx/index.ts';
import type { ModelPlace } from '../runtimes/index.ts';
import type { Runtime } from './contract.ts';

/** What the room needs of others; `serve.ts` fills it in. */

export interface RuntimesPort {
  /** Puts the files of a version where a plane can load them, with the environment that they need; `say` hears what goes on. */
  prepare(
    ctx: Ctx,
    version: { model: string; version: number },
    options: { runtime?: Runtime; limits?: { load: number } },
    say: (stage: string) => void,
  ): Promise<ModelPlace>;
}

/** An evaluation as far as a prediction's story tells it. Validation is a neighbour on this floor. */
export interface EvaluationSeen {
  ref: string;
  id: string;
  verdict?: string | undefined;
  /** Why not pass, the weightiest first. */
  reasons: readonly string[];
  state: string;
  created_at: number;
  metrics: ReadonlyArray<{ name: string; value: number }>;
  proof?:
    | {
        id: string;
        verdict: string;
        summary: string;
        coverage?: ReadonlyArray<{
          label: string;
          files: readonly string[];
          file_count: number;
          by: string;
          excuse?: string | undefined;
        }>;
        warnings?: readonly string[];
        gate: { rows: number; digest: string };
        against: ReadonlyArray<{ rows: number; digest: string }>;
        overlapping_rows: number;
      }
    | undefined;
}

export interface EvaluationsPort {
  /** By its reference; undefined where it is not there or never came to an end. */
  findDone(ctx: Ctx, ref: string): Promise<EvaluationSeen | undefined>;
  newestFor(ctx: Ctx, versionRef: string): Promise<EvaluationSeen | undefined>;
}
