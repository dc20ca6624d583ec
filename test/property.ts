import fc from 'fast-check';

/**
 * Properties are tried on the same cases every time: a run must not hang on luck. `npm run test:deep` takes fresh ones, and more of
 * them; what fails says its seed, and `TREADLE_SEED=…` tries it again.
 */
const seed = process.env['TREADLE_SEED'] ?? '20261128';
fc.configureGlobal({ seed: seed === 'fresh' ? Date.now() % 2 ** 31 : Number(seed) });

/** How often something is tried that takes its time. */
export const runs = (usual: number): number => usual * Number(process.env['TREADLE_RUNS'] ?? 1);

export { fc };
