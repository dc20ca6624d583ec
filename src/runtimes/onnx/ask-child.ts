import { messageOf } from '../../platform/errors/index.ts';
import type { ModelPlace } from '../model.ts';
import type { Tensor } from '../tensor.ts';
import { heard, say } from './apart.ts';
import type { Answered } from './ask-apart.ts';
import { loadOnnx, runnerOfFile } from './load.ts';

/** Loads the model that it is told and asks it each question; says the answers one by one. */
const { place, questions } = (await heard()) as {
  place: ModelPlace;
  questions: Array<ReadonlyArray<Tensor | undefined>>;
};
const tell = (one: Answered): Promise<void> => say(one);
try {
  const { findings } = await loadOnnx(place);
  const run = runnerOfFile(place, findings);
  for (const question of questions) {
    let one: Answered;
    try {
      one = { outputs: run(question) };
    } catch (error) {
      one = { problem: messageOf(error) };
    }
    await tell(one);
  }
} catch (error) {
  await tell({ unloaded: messageOf(error) });
}
process.exit(0);
