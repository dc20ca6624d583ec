export { betaLower, binomialTerm } from './beta.ts';
export { commonDivisor } from './divisor.ts';
export { gammaTails, logGamma, poissonTerm } from './gamma.ts';
export { binomialLower, chiSquareTail, normalTail, shiftedChiSquareTail, studentTail } from './tails.ts';
export { medianOf } from './median.ts';
