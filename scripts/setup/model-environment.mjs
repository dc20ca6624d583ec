import { existsSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { node, root, setupDir, venv } from './place.mjs';
import { run } from './run.mjs';
import { content, digest, digestFolder } from './stamp.mjs';

/** Where test runs keep environments of models, between houses and between runs. */
export const modelEnvironments = join(setupDir, 'environments');
const script = join(root, 'test', 'model-environment.ts');

/** Only for tests: where it cannot be made, they make it themselves, each time anew. */
export const modelEnvironment = {
  name: 'environment of models',
  stamp: 'model-environment',
  optional: true,
  key: () =>
    digest(
      content(join(root, 'scripts', 'python.lock')),
      content(join(venv, 'pyvenv.cfg')),
      content(script),
      digestFolder(join(root, 'src', 'environments')),
    ),
  present: () => existsSync(modelEnvironments),
  async install() {
    rmSync(modelEnvironments, { recursive: true, force: true });
    // The Python that tests find first.
    const PATH = [join(venv, 'bin'), process.env.PATH].join(delimiter);
    await run(node, ['--disable-warning=ExperimentalWarning', script, modelEnvironments], {
      env: { ...process.env, PATH },
    });
    return undefined;
  },
};
