// Entry of a table reader: a process that answers questions to tables (`tables/`), each in a sandbox of its own.
import { answerQuestions, query, rows } from './tables/inside.ts';

answerQuestions({
  query: () => Promise.resolve(query),
  rows: () => Promise.resolve(rows),
  profile: async () => (await import('./data/inside.ts')).profileAnswer,
  sample: async () => (await import('./data/inside.ts')).sampleAnswer,
  disjoint: async () => (await import('./validation/inside.ts')).disjointAnswer,
  'gate-facts': async () => (await import('./validation/inside.ts')).factsAnswer,
  'gate-columns': async () => (await import('./validation/inside.ts')).columnsAnswer,
  'monitor-names': async () => (await import('./monitoring/inside.ts')).namesAnswer,
  'monitor-anchor': async () => (await import('./monitoring/inside.ts')).anchorAnswer,
  'monitor-count': async () => (await import('./monitoring/inside.ts')).countAnswer,
  'monitor-probe': async () => (await import('./monitoring/inside.ts')).probeAnswer,
  'monitor-learn': async () => (await import('./monitoring/inside.ts')).learnAnswer,
  'monitor-estimate': async () => (await import('./monitoring/inside.ts')).estimateAnswer,
  'monitor-score': async () => (await import('./monitoring/inside.ts')).scoreAnswer,
  'outcome-ids': async () => (await import('./monitoring/inside.ts')).textsAnswer,
  'alert-compare': async () => (await import('./monitoring/inside.ts')).compareAnswer,
  pixels: async () => (await import('./validation/inside.ts')).pixelsAnswer,
});
