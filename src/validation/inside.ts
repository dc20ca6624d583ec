// The door for what runs in a table reader's process.
export { disjointAnswer } from './disjoint/answer.ts';
export { columnsAnswer, factsAnswer } from './scoring/answer-table.ts';
export { pixelsAnswer } from './pixels/answer.ts';
export { decodeImage, Undecodable } from './pixels/decode.ts';
export type { Decoded } from './pixels/decoded.ts';
export { binaryMetrics } from './metrics/binary.ts';
export type { Estimates } from './metrics/estimate.ts';
export { mean } from './metrics/mean.ts';
export { multiclassMetrics } from './metrics/multiclass.ts';
export { regressionMetrics } from './metrics/regression.ts';
