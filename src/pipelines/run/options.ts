import { shareText } from '../../data/index.ts';
import type { CheckShown } from '../contract.ts';

/** How an execution was asked for. */
export interface ExecutionOptions {
  /** The pipeline file's path in the project, where it is not treadle.yaml. */
  file?: string;
  steps?: string[];
  force?: boolean;
  /** References to datasets that replaced those of the file. */
  data?: Record<string, string>;
  /** Blob of another requirements file, taken for every environment that has one. */
  environment?: string;
  tolerance?: number;
  /** It checks a commit, or a change to data or a model: a model is judged, and that is all. */
  ci?: CheckShown;
}

/** `5%`; undefined where it runs on all of its data. */
export const sampleOf = ({ ci }: ExecutionOptions): string | undefined =>
  ci?.sample === undefined ? undefined : shareText(ci.sample);
