// The door for what runs in a table reader's process.
export { profileAnswer } from './profile-table.ts';
export { sampleAnswer } from './sample/answer.ts';
