import type { Answer } from '../../../serving/index.ts';

/** Which answer this is, and what gave it: on every answer of every protocol over HTTP. */
export const traceHeaders = (answer: Pick<Answer, 'prediction' | 'revision' | 'version'>) => ({
  'X-Treadle-Prediction': answer.prediction,
  'X-Treadle-Revision': String(answer.revision),
  'X-Treadle-Model-Version': String(answer.version),
});
