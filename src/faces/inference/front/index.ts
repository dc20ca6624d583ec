export { createFront, planeBudget, type Front, type FrontOptions } from './front.ts';
