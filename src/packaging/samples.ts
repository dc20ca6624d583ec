import { invalid, outwardMessageOf } from '../platform/errors/index.ts';
import { sliceRows, type LoadedModel, type Tensor } from '../runtimes/index.ts';
import type { Sample } from './document.ts';
import { difference, fromJson, toJson } from './tensors.ts';

/** Differences up to this are those of another processor; past it the model is another one. */
const TOLERANCE = 1e-6;
/** Rows of the model's own sample that are also asked one by one. */
const SINGLE_ROWS = 3;

/** Requests with the answers that the loaded model gives now: its own sample, and the first rows of it each by itself. */
export async function takeSamples(model: LoadedModel): Promise<Sample[]> {
  const { sample, batchable } = model.spec;
  if (!sample || sample.length === 0) return [];
  const rows = sample[0]!.shape[0] ?? 0;
  const requests: Tensor[][] = [[...sample]];
  if (batchable && rows > 1)
    for (let row = 0; row < Math.min(rows, SINGLE_ROWS); row++)
      requests.push(sample.map((tensor) => sliceRows(tensor, row, row + 1)));
  const samples: Sample[] = [];
  for (const request of requests) {
    const inputs = request.map(toJson);
    samples.push({ inputs, outputs: await ask(model, inputs) });
  }
  return samples;
}

/** Asks a packaged model its samples again; refuses it by name when an answer is another one. */
export async function testSamples(
  model: LoadedModel,
  samples: readonly Sample[],
  folder: string,
): Promise<void> {
  for (const [i, { inputs, outputs }] of samples.entries()) {
    let answer: Sample['outputs'];
    try {
      answer = await ask(model, inputs);
    } catch (error) {
      throw refused(folder, i, `the model failed: ${outwardMessageOf(error)}`);
    }
    const differs = difference(outputs, answer, TOLERANCE);
    if (differs !== undefined) throw refused(folder, i, differs);
  }
}

const refused = (folder: string, sample: number, what: string): Error =>
  invalid(`${folder} does not answer here as it did when it was packaged: sample ${sample}: ${what}`, {
    field: 'package',
    hint: 'package it again on a machine like this one; answers may differ by 1e-6 at most',
    code: 'package-self-test',
  });

/** From JSON, so that a sample is asked exactly as it is written down; the model may keep what it is handed. */
async function ask(model: LoadedModel, inputs: Sample['inputs']): Promise<Sample['outputs']> {
  const byName = new Map(inputs.map((input) => [input.name, input]));
  const handed = model.spec.inputs.map(({ name }) => {
    const input = byName.get(name);
    return input && fromJson(input);
  });
  return (await model.run(handed)).map(toJson);
}
