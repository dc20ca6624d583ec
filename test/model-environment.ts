import { rename } from 'node:fs/promises';
import path from 'node:path';
import { createEnvironments } from '../src/environments/index.ts';
import { createProcesses } from '../src/platform/processes/index.ts';
import { modelInterpreter } from '../src/runtimes/index.ts';
import { modelPackages } from './journeys/serving/python-model.ts';

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
  // Where the server keeps what it compiles itself, when nobody else wants the processor.
  const compiled = path.join(path.dirname(path.dirname(python)), '.pycache');
  const fresh = `${compiled}.new`;
  const { reason, stderr, message } = await processes.run({
    argv: [
      python,
      '-I',
      '-X',
      `pycache_prefix=${fresh}`,
      '-c',
      'import mlflow.pyfunc, mlflow.sklearn, pandas, skops.io, sklearn.linear_model, sklearn.pipeline, sklearn.compose',
    ],
    cwd: folder,
    env: { HOME: folder },
  });
  if (reason !== 'ok') throw new Error(stderr || message);
  // Models run as somebody else.
  await processes.run({ argv: ['chmod', '-R', 'u=rwX,go=rX', fresh], cwd: folder, env: {} });
  await rename(fresh, compiled);
} finally {
  await processes.close();
}
