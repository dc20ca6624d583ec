import type { Ctx } from '../platform/ctx/index.ts';
import type { NewExecution, Plan, PlannedStep, Reason, StepOutput, StepResources } from './contract.ts';
import type { Environment } from '../environments/index.ts';
import { environmentSource } from './environment-source.ts';
import { lookUp } from './plan/cache.ts';
import { createCodeDigests } from './plan/code-digests.ts';
import { inputPath, keyOf, keyParts } from './plan/parts.ts';
import { explainer } from './plan/reasons.ts';
import type { Engine } from './run/engine.ts';
import { takeSnapshot } from './snapshot.ts';
import { selectHistory } from './store.ts';

/** Which steps would run now, and why. Makes nothing: an environment that is not there yet is a reason of its own. */
export async function planExecution(ctx: Ctx, input: NewExecution, engine: Engine): Promise<Plan> {
  const { definition, steps, params, data, code, warnings } = await takeSnapshot(ctx, input);
  const values = Object.fromEntries(params.map(({ name, value }) => [name, value]));
  const versions = new Map(data.map((one) => [one.name, one]));
  const environments = new Map<string, Environment | undefined>();
  for (const env of new Set(steps.map((step) => step.env)))
    environments.set(env, await engine.environments.peek(await environmentSource(ctx, env, code)));
  const pipelineFile = input.file_name ?? 'treadle.yaml';
  const explain = explainer(ctx, {
    pipelineFile,
    pipeline: definition.name,
    before: undefined,
    steps,
    code,
  });
  const history = await selectHistory(
    ctx,
    definition.name,
    undefined,
    steps.map(({ name }) => name),
  );
  const digests = createCodeDigests(code, pipelineFile);
  const outputs = new Map<string, StepOutput>();
  const planned: PlannedStep[] = [];
  for (const step of steps) {
    const last = history.get(step.name);
    const expected = last?.resources ? (JSON.parse(last.resources) as StepResources).wall_ms : undefined;
    const say = (action: PlannedStep['action'], reasons: Reason[]): void =>
      void planned.push({
        name: step.name,
        needs: step.needs,
        action,
        reasons,
        ...(expected === undefined ? {} : { expected_ms: expected }),
      });
    const environment = environments.get(step.env);
    if (!environment) {
      say('run', [
        { part: 'environment', name: step.env, text: `the environment of ${step.env} is not made yet` },
      ]);
      continue;
    }
    const parts = await keyParts(step, {
      definition,
      params: values,
      code: digests.of,
      environment: () => environment.identity,
      secrets: ({ secrets }) => engine.secrets.labels(ctx, secrets),
      input: (_step, one) => {
        if (one.kind === 'data')
          return { digest: versions.get(one.name)!.hash, path: inputPath(one, undefined) };
        const output = outputs.get(`${one.step}.${one.output}`);
        return output && { digest: output.digest, path: inputPath(one, output) };
      },
    });
    if (!parts) {
      const first = step.needs.find((name) =>
        planned.some((one) => one.name === name && one.action !== 'cached'),
      );
      say('depends', [{ part: 'input', text: `it depends on what step '${first}' makes` }]);
      continue;
    }
    const key = keyOf(parts);
    const answer =
      input.force === true
        ? 'forced'
        : step.cache.use
          ? (await lookUp(ctx, [{ step, key }])).get(key)!
          : 'off';
    if (typeof answer !== 'object') say('run', await explain.miss(step, parts, answer));
    else {
      for (const output of answer.outputs) outputs.set(`${step.name}.${output.name}`, output);
      say('cached', await explain.hit(answer));
    }
  }
  return { pipeline: definition.name, steps: planned, data, warnings };
}
