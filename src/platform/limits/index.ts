export { Budget, Share } from './budget.ts';
export { Pace } from './pace.ts';
