/** The nouns and endpoints of tracking, by noun in `contract/`. */
export * from './contract/artifacts.ts';
export * from './contract/experiments.ts';
export * from './contract/metrics.ts';
export * from './contract/runs.ts';
