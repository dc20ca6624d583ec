/** The greatest whole number that divides both, by Euclid; of whole numbers from 0 to 2^53. */
export const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));
