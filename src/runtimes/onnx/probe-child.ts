import { messageOf } from '../../platform/errors/index.ts';
import type { ModelPlace } from '../model.ts';
import { heard, say } from './apart.ts';
import { loadOnnx } from './load.ts';
import type { Tried } from './probe.ts';

/** Loads the model that it is told, asks its sample and measures; says what it found, and again with the trial of joined rows. */
const tell = (tried: Tried): Promise<void> => say(tried);
try {
  const { findings, trial } = await loadOnnx((await heard()) as ModelPlace);
  await tell({ findings });
  await tell({ findings: await trial() });
} catch (error) {
  await tell({ problem: messageOf(error) });
}
process.exit(0);
