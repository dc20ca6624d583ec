import path from 'node:path';
import { createEnvironments } from '../src/environments/index.ts';
import { compiledFor, createProcesses, learnCompiled } from '../src/platform/processes/index.ts';
import { modelInterpreter } from '../src/runtimes/index.ts';
import { MODELS } from '../src/runtimes/python/program.ts';
import { modelPackages } from './journeys/serving/python-model.ts';
import { until } from './until.ts';

/**
 * `node test/model-environment.ts FOLDER` makes the environment that models of journeys name, as the server would, and has what they
 * import compiled: each of their processes then begins in a fraction of the time. Called by the set-up of the tests.
 */
const folder = path.resolve(process.argv[2]!);
const processes = createProcesses();
try {
  const python = await modelInterpreter(
    createEnvironments({ processes, folder }),
    modelPackages(),
    undefined,
    () => undefined,
  );
  const environment = path.dirname(path.dirname(python));
  // Compiled where the server keeps it, at once: it would compile again what somebody else has left.
  const compiled = path.join(environment, '.pycache');
  const { reason, stderr, message } = await processes.run({
    argv: [
      python,
      '-I',
      '-X',
      `pycache_prefix=${compiled}`,
      '-c',
      'import mlflow.pyfunc, mlflow.sklearn, pandas, skops.io, sklearn.linear_model, sklearn.pipeline, sklearn.compose',
    ],
    cwd: folder,
    env: { HOME: folder },
  });
  if (reason !== 'ok') throw new Error(stderr || message);
  // Models run as somebody else.
  await processes.run({ argv: ['chmod', '-R', 'u=rwX,go=rX', compiled], cwd: folder, env: {} });
  await learnCompiled(processes, python, MODELS, compiled);
  await until('what models import is compiled', () => compiledFor(environment, MODELS));
} finally {
  await processes.close();
}
