import type { Processes } from '../../platform/processes/index.ts';
import { ModelFault, type ModelPlace } from '../model.ts';
import type { Tensor } from '../tensor.ts';
import { apart } from './apart.ts';

/** What the child says: `unloaded` once, for all. */
export type Answered = { outputs: Tensor[] } | { problem: string } | { unloaded: string };

/**
 * Asks a file questions in a process of its own, one after the other. Rejects with a ModelFault where it cannot be loaded; a question
 * that ended the process is answered with how, like those behind it.
 */
export async function askApart(
  place: ModelPlace,
  questions: ReadonlyArray<ReadonlyArray<Tensor | undefined>>,
  processes: Processes,
  signal: AbortSignal,
): Promise<Array<{ outputs: Tensor[] } | { problem: string }>> {
  const { said, how } = await apart('ask-child', place, { place, questions }, processes, signal);
  const answers = said as Answered[];
  const [first] = answers;
  if (first === undefined) throw new ModelFault(`it ended the process that tried it: ${how}`);
  if ('unloaded' in first) throw new ModelFault(first.unloaded);
  return questions.map((_question, i) => {
    const one = answers[i];
    return one === undefined || 'unloaded' in one ? { problem: `it ended its process: ${how}` } : one;
  });
}
