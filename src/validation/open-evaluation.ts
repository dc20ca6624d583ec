import { getVersion, type ModelVersion } from '../models/index.ts';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { newId } from '../platform/ids/index.ts';
import { readRules } from '../rules/index.ts';
import type { GateData } from './data/gate-data.ts';
import { insertEvaluation, type Question } from './store.ts';

/** Writes down what is asked for. Nothing is scored yet; rules that cannot be read are refused here. */
export async function openEvaluation(
  ctx: Ctx,
  asked: {
    model: string;
    version: string;
    execution?: string;
    question: Question;
    state: 'queued' | 'running';
  },
  then: (tx: Tx, id: string) => Promise<void> = () => Promise.resolve(),
): Promise<string> {
  const { question, execution } = asked;
  readRules(question.spec.rules ?? []);
  const version = await getVersion(ctx, asked.model, asked.version);
  const id = newId(ctx.clock.now());
  await ctx.write(async (tx) => {
    await insertEvaluation(tx, {
      id,
      workspace: tx.workspace,
      state: asked.state,
      stage: null,
      problem: null,
      model: version.model,
      model_ref: modelRef(version),
      version: version.version,
      version_ref: version.ref,
      execution: execution ?? null,
      data: shown(question.data),
      data_ref: null,
      question: JSON.stringify(question),
      verdict: null,
      summary: null,
      document: null,
      created_at: tx.clock.now(),
      created_by: tx.actor.name,
      ended_at: null,
    });
    await tx.record({
      action: 'evaluation.created',
      resource: `evaluation:${id}`,
      after: { version: version.ref, data: shown(question.data), rules: question.spec.rules ?? [] },
    });
    await then(tx, id);
  });
  return id;
}

/** `model_version:flights/3` → `model:flights`; both stay when the model is renamed. */
const modelRef = ({ ref }: ModelVersion): string =>
  `model:${ref.slice('model_version:'.length, ref.lastIndexOf('/'))}`;

/** For people, until the data was found and says its own name. */
const shown = (data: GateData): string =>
  data.kind === 'dataset' ? data.ref : `${data.step}.${data.output} of execution ${data.execution}`;
