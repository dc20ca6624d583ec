/**
 * Tags that MLflow's clients and UI read and write for what has a place of its own here. The tag is where it is kept,
 * so that both sides always see the same.
 */
export const NOTE_TAG = 'mlflow.note.content';
export const NAME_TAG = 'mlflow.runName';
export const PARENT_TAG = 'mlflow.parentRunId';
export const CONTEXT_TAG = 'mlflow.data.context';

/** Metrics under this name are samples of what a run uses. */
export const SYSTEM_PREFIX = 'system/';

/** The experiment that runs land in when none is named; MLflow's clients know it by this id. */
export const DEFAULT_EXPERIMENT = { id: '0', name: 'Default' } as const;
