export { Budget, Share } from './budget.ts';
export { machineMemory } from './machine-memory.ts';
export { Pace } from './pace.ts';
