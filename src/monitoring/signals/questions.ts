import { question, type View } from '../../tables/index.ts';
import type { ColumnKind } from '../contract.ts';
import type { CbpeModel, CbpeResult, EstimateOptions } from '../detectors/cbpe.ts';
import type { UnitChange } from '../detectors/unit-change.ts';
import type { Recipe } from '../kinds/recipe.ts';
import type { Anchor } from '../statistics/anchor.ts';
import type { Histogram } from '../statistics/histogram.ts';

/** A column of the log as its reference has it. */
export interface Watched {
  /** As the log calls it: `in_distance`, `out_y`. */
  column: string;
  anchor: Anchor;
  /** Of the reference. */
  histogram: Histogram;
  /** Counts of the same rows cut by time, where a column says when they were: how much windows differ although nothing is wrong. */
  windows?: number[][];
  /** Of numbers: evenly spaced, the least and the greatest included. */
  quantiles?: number[];
  /** Of a column that is watched by others that are made from it: how they are made. */
  recipe?: Recipe;
}

/** One column that could not be read: the others are. */
export interface Unread {
  column: string;
  problem: string;
}

interface Asked {
  views: readonly View[];
  /** The view whose rows are meant. */
  view: string;
}

/** Which columns a table has. */
export const NAMES = question<Asked, { rows: number; columns: Array<{ name: string; type: string }> }>(
  'monitor-names',
);

/**
 * Anchors columns on all rows of a reference: `from` is the column's name there. Its rows are cut into windows of `window` ms by the column `time`, or by
 * the only one that holds times.
 */
export const ANCHOR = question<
  Asked & {
    columns: readonly Anchored[];
    window: number;
    time?: string | undefined;
  },
  { rows: number; watched: Watched[]; unread: Unread[] }
>('monitor-anchor');

/** A column of the log, what a reference calls it, and what is known of it beside its values. */
export interface Anchored {
  column: string;
  from: string;
  kind?: ColumnKind | undefined;
  /** Of a row of the tensor. */
  shape?: readonly number[] | undefined;
  /** Told apart by the values alone, whatever they are. */
  as?: 'categories';
}

/** Counts the rows of a window on anchors. `misfits`: values that are none of the reference's type; they count as missing. */
export const COUNT = question<
  Asked & { columns: ReadonlyArray<Pick<Watched, 'column' | 'anchor'> & { recipe?: Recipe | undefined }> },
  {
    rows: number;
    counted: Counted[];
    unread: Unread[];
  }
>('monitor-count');

export interface Counted {
  column: string;
  histogram: Histogram;
  misfits: number;
  /** Finite values below the least of the reference, or above its greatest. */
  outside: number;
  /** Of a derived column: the only value of all rows that have one. */
  only?: string;
  /** Rows of the window, where an even part of them was counted. */
  of?: number;
}

/** What columns that have changed look like: one value throughout, another unit. */
export const PROBE = question<
  Asked & { columns: ReadonlyArray<{ column: string; quantiles?: readonly number[] | undefined }> },
  { probed: Probed[] }
>('monitor-probe');

export interface Probed {
  column: string;
  /** The only value of all rows that have one. */
  only?: string;
  unit?: UnitChange;
}

/** A figure of a model on rows with their outcomes; the interval holds with 95 %. */
export interface Figure {
  name: string;
  value: number;
  low?: number;
  high?: number;
}

/** A loss of each row, in the order in which the outcomes became known; with very many rows of an even part of them. */
export interface Losses {
  /** `error`: 1 where the answer is wrong, the share of labels that are, or what a ranking lacks to the best. `brier`: (probability − truth)². `absolute_error`: of a number, in its unit. */
  loss: 'error' | 'brier' | 'absolute_error';
  values: number[];
}

/** Rows with an outcome that have one value in a column. */
export interface SliceScore {
  column: string;
  /** Null is a missing value. */
  value: string | null;
  rows: number;
  /** The main metric. */
  figure?: Figure;
  /** Mean loss here, and of all other rows. */
  loss: number;
  others: number;
  /** It errs more than the other rows of the column by more than chance, after Holm's correction for all slices. */
  worse: boolean;
}

/** Scores the answers of a window by the outcomes that have arrived. */
export const SCORE = question<
  Asked & {
    score?: string | undefined;
    task?: Task | undefined;
    metric?: string | undefined;
    /** Columns whose values are scored apart; without them those of few values. */
    slices?: readonly string[] | undefined;
  },
  {
    rows: number;
    labelled: number;
    /** From an answer to its first outcome, ms. */
    delay?: { p50_ms: number; p90_ms: number; p99_ms: number; max_ms: number };
    /** Of the rows with an outcome; undefined where `problem` says why there are none. */
    task?: Task;
    column?: string;
    figures: Figure[];
    /** Of each horizon, or label, where answers have several values a row. */
    each: Array<{ name: string; figures: Figure[] }>;
    losses: Losses[];
    slices: SliceScore[];
    problem?: string;
  }
>('monitor-score');

/** Learns from rows with their outcomes what the scores of a binary model mean. */
export const LEARN = question<Asked & { column: string }, { model: CbpeModel }>('monitor-learn');

/** What the metrics of rows will be once their outcomes arrive. */
export const ESTIMATE = question<
  Asked & { column: string; model: CbpeModel; past: NonNullable<EstimateOptions['past']> },
  CbpeResult & { rows: number }
>('monitor-estimate');

export type Task = 'binary' | 'regression' | 'classes' | 'multilabel' | 'forecast' | 'ranking';

/** What a model is judged by where nobody says. */
export const USUAL: Readonly<Record<Task, string>> = {
  binary: 'auc',
  regression: 'rmse',
  classes: 'accuracy',
  multilabel: 'macro_f1',
  forecast: 'rmse',
  ranking: 'ndcg@10',
};
