/** What the room says to CLI, UI and generated clients. */
export * from './contract/assessments.ts';
export * from './contract/traces.ts';
