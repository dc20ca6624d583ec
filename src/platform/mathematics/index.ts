export { betaLower, binomialTerm } from './beta.ts';
export { gammaTails, logGamma, poissonTerm } from './gamma.ts';
export { binomialLower, chiSquareTail, normalTail, shiftedChiSquareTail } from './tails.ts';
