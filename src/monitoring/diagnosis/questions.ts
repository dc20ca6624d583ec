import { question, type View } from '../../tables/index.ts';
import type { Recipe } from '../kinds/recipe.ts';

/** What the change of a loss is made of; the three add up to `now` − `before`. */
export interface LossParts {
  /** Mean loss of rows before the change, and since. */
  before: number;
  now: number;
  /** Because other rows are asked: the rows of before, weighted to look like those of now. */
  mix: number;
  /** Because outcomes are another share, beyond what other rows explain. */
  labels: number;
  /** The rest: equal rows come out otherwise. */
  concept: number;
  /** Rows with an outcome on both sides. */
  rows_before: number;
  rows_now: number;
  /** Rows of before that are as good as these, once weighted: few say that hardly any looks like now. */
  effective: number;
}

/** A column between before and now. */
export interface ComparedColumn {
  column: string;
  /** Total variation of its bins, 0 to 1: the share of rows that lie elsewhere. */
  moved: number;
  /** What its change alone would have done to the mean loss, the rows of before being weighted by it. */
  loss_effect?: number;
  /** And to the mean answer, in standard deviations. */
  score_effect?: number;
}

export interface Neighbours {
  prediction: string;
  time: number;
  /** How many times likelier such a row is now than it was. */
  odds: number;
  now: Record<string, string | number | null>;
  nearest: Record<string, string | number | null>;
  /** 0 is equal, 1 a standard deviation or another category in each column. */
  distance: number;
}

/** How well values of a column of now are told from those of before, by a classifier that did not learn from them; 0.5 is by chance. */
export interface Apart {
  column: string;
  auc: number;
  /** With 95 %. */
  low: number;
  high: number;
  /** That were judged, of both sides. */
  rows: number;
  /** Of texts: what is said most of one side alone. */
  words?: { now: string[]; before: string[] };
}

/** Rows of now beside rows of before. */
export const COMPARE = question<
  {
    views: readonly View[];
    now: string;
    before: string;
    columns: readonly string[];
    /** Columns that are watched by others that are made of them. */
    made: ReadonlyArray<{ column: string; recipe: Recipe }>;
    /** The answer that is scored, and how; absent where nobody knows. */
    scored?: { column: string; task: 'binary' | 'regression' | 'classes' } | undefined;
  },
  {
    rows: { before: number; now: number };
    /** Of a classifier that tells rows of now from rows of before, on rows that it did not learn from; 0.5 is by chance. */
    auc?: number;
    parts?: LossParts;
    columns: ComparedColumn[];
    samples: Neighbours[];
    apart: Apart[];
  }
>('alert-compare');
