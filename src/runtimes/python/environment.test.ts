import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTest } from '../../../test/harness.ts';
import type { ModelFacts, ModelFile } from '../../models/index.ts';
import { modelRequirements } from './environment.ts';

test('a model’s packages are read from wherever it wrote them down, and MLflow is never forgotten', async () => {
  await using server = await openTest();
  const { ctx } = server;
  const facts = { flavors: {}, size: 0, files: 0, digest: '', mlflow_version: '3.1.0' } satisfies ModelFacts;
  const read = async (
    texts: Record<string, string>,
    tools?: string[],
    said: ModelFacts | undefined = facts,
  ) => {
    const files: ModelFile[] = [];
    for (const [path, text] of Object.entries(texts)) {
      const { hash, size } = await ctx.blobs.put(Buffer.from(text));
      files.push({ path, size, digest: hash });
    }
    return (await modelRequirements(ctx, files, said, tools)).split('\n').slice(0, -1);
  };
  const conda = 'dependencies:\n- python=3.11\n- pip:\n  - mlflow==3.2.0\n  - six==1\n';
  assert.deepEqual(
    await read({ 'requirements.txt': 'mlflow==3.2.0\n\nsix==1\n', 'conda.yaml': 'no: yaml: [' }),
    ['mlflow==3.2.0', 'six==1'],
  );
  const python = 'python: 3.11.7\ndependencies:\n- -r requirements.txt\n- mlflow[extras]==3.2.0\n- six==1\n';
  assert.deepEqual(await read({ 'python_env.yaml': python, 'conda.yaml': conda }), [
    'mlflow[extras]==3.2.0',
    'six==1',
  ]);
  assert.deepEqual(await read({ 'conda.yaml': conda }), ['mlflow==3.2.0', 'six==1']);
  // A list that cannot be read is no empty list: the model would run without its packages.
  for (const [name, text, said] of [
    ['conda.yaml', 'no: yaml: [', /the model's conda\.yaml cannot be read: this is not YAML/],
    ['python_env.yaml', `a: ${'[1, '.repeat(50)}`, /python_env\.yaml .* nested deeper than 32 levels/],
    ['python_env.yaml', 'a: !!python/object:os.system x', /python_env\.yaml .* not plain YAML/],
    ['conda.yaml', `a: ${'x'.repeat(70_000)}`, /conda\.yaml .* longer than 64 KiB/],
  ] as const)
    await assert.rejects(
      read({ [name]: text }),
      (error) => error instanceof Error && said.test(error.message),
    );
  assert.deepEqual(await read({}), ['mlflow==3.1.0']);
  assert.deepEqual(await read({ 'requirements.txt': 'mlflow-skinny==3.2.0\nnumpy==2.0.0' }), [
    'mlflow-skinny==3.2.0',
    'numpy==2.0.0',
    'pandas',
  ]);
  assert.deepEqual(await read({ 'requirements.txt': 'mlflow\nonnx==1.0' }, ['onnx==2', 'skl2onnx==3']), [
    'mlflow',
    'onnx==1.0',
    'skl2onnx==3',
  ]);
  assert.deepEqual(
    await read({ 'requirements.txt': 'mlflow\nTyping.Extensions==4.9' }, ['typing_extensions==4.16.0']),
    ['mlflow', 'Typing.Extensions==4.9'],
    'a name is the same whatever stands between its words',
  );
  for (const line of ['./wheels/x.whl', '-e .', '-r other.txt', 'x @ file:///etc/passwd'])
    await assert.rejects(
      read({ 'requirements.txt': `mlflow\n${line}\n` }),
      { kind: 'invalid', field: 'env' },
      line,
    );
  assert.deepEqual(server.errors, []);
});
