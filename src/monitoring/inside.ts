// The door for what runs in a table reader's process.
export { textsAnswer } from './outcomes/say-texts.ts';
export { anchorAnswer, countAnswer, namesAnswer, probeAnswer } from './signals/read-columns.ts';
export { scoreAnswer } from './signals/score-window.ts';
export { estimateAnswer, learnAnswer } from './signals/read-scores.ts';
export { compareAnswer } from './diagnosis/compare.ts';
