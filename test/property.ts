import fc from 'fast-check';

/**
 * Properties are tried on the same cases every time: a run must not hang on luck. `npm run test:deep` takes fresh ones, and more of
 * them; what fails says its seed, and `TREADLE_SEED=…` tries it again.
 */
const seed = process.env['TREADLE_SEED'] ?? '20261128';
fc.configureGlobal({ seed: seed === 'fresh' ? Date.now() % 2 ** 31 : Number(seed) });

const times = process.env['TREADLE_RUNS'];

/** How often something is tried that takes its time; `here` in `npm test`, where that is to be less often. */
export const runs = (usual: number, here = usual): number =>
  times === undefined ? here : usual * Number(times);

export { fc };
