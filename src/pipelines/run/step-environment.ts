import path from 'node:path';
import type { Environment } from '../../environments/index.ts';
import type { Step } from '../file/definition.ts';
import { parameterVariable } from '../file/read.ts';
import { paramText, type ParamValue } from '../file/param.ts';

/** Of the server's own environment a step sees these alone: where programs, libraries and devices are, and how to reach the network. */
const PASSED = [
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
  'CUDA_HOME',
  'CUDA_VISIBLE_DEVICES',
  'NVIDIA_VISIBLE_DEVICES',
  'JAVA_HOME',
  'R_HOME',
  'R_LIBS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'REQUESTS_CA_BUNDLE',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'http_proxy',
  'https_proxy',
  'all_proxy',
];

/** Variables that can change the numbers a step computes: captured with the run. */
const DETERMINISM =
  /^(OMP_|OPENBLAS_|MKL_|NUMEXPR_|VECLIB_|PYTHONHASHSEED$|CUDA_|CUBLAS_|TF_|TZ$|LANG$|LC_ALL$)/;

export function stepVariables(options: {
  step: Step;
  folder: string;
  environment: Environment;
  params: Readonly<Record<string, ParamValue>>;
  paramsFile: string;
  execution: string;
  tracking: { url: string; experiment: string; run: string; token: string };
  /** Where Python looks for compiled modules, and keeps those that it makes; undefined for what is not an environment of ours. */
  modules?: string | undefined;
}): Record<string, string> {
  const { step, folder, environment, params, paramsFile, execution, tracking, modules } = options;
  const temporary = path.join(folder, '_tmp');
  const variables: Record<string, string> = {};
  for (const name of PASSED) {
    const value = process.env[name];
    if (value !== undefined) variables[name] = value;
  }
  Object.assign(variables, {
    PATH: [...environment.bin, process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'].join(path.delimiter),
    ...(environment.folder === undefined ? {} : { VIRTUAL_ENV: environment.folder }),
    // A step that read the user's home would depend on what no key holds.
    HOME: path.join(temporary, 'home'),
    TMPDIR: temporary,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    // The client must reach the server past any proxy.
    NO_PROXY: ['127.0.0.1', 'localhost', '::1', process.env['NO_PROXY'] ?? process.env['no_proxy']]
      .filter(Boolean)
      .join(','),
    // Threads that wait yield their core: steps share the machine, and spinning would slow everyone down.
    OMP_WAIT_POLICY: 'PASSIVE',
    PYTHONHASHSEED: '0',
    PYTHONNOUSERSITE: '1',
    ...(modules === undefined ? {} : { PYTHONPYCACHEPREFIX: modules }),
    PYTHONUNBUFFERED: '1',
    GIT_PYTHON_REFRESH: 'quiet',
    MLFLOW_TRACKING_URI: tracking.url,
    MLFLOW_EXPERIMENT_ID: tracking.experiment,
    MLFLOW_RUN_ID: tracking.run,
    MLFLOW_TRACKING_TOKEN: tracking.token,
    MLFLOW_DISABLE_TELEMETRY: 'true',
    DO_NOT_TRACK: 'true',
    TREADLE_EXECUTION: execution,
    TREADLE_STEP: step.name,
    TREADLE_PARAMS: paramsFile,
  });
  variables['no_proxy'] = variables['NO_PROXY']!;
  if (step.resources.cpu !== undefined) {
    // More threads than cores that were asked for would take them from others, and change the order of sums.
    const threads = String(Math.max(1, Math.ceil(step.resources.cpu)));
    for (const name of [
      'OMP_NUM_THREADS',
      'OPENBLAS_NUM_THREADS',
      'MKL_NUM_THREADS',
      'NUMEXPR_NUM_THREADS',
      'VECLIB_MAXIMUM_THREADS',
    ])
      variables[name] = threads;
  }
  for (const name of step.params) variables[parameterVariable(name)] = paramText(params[name]!);
  Object.assign(variables, step.variables);
  return variables;
}

/** Those of its variables that can change a result, for the record: the same wherever it runs. */
export const determinismOf = (
  step: Step,
  environment: Environment,
  params: Readonly<Record<string, ParamValue>>,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(
      stepVariables({
        step,
        folder: '',
        environment,
        params,
        paramsFile: '',
        execution: '',
        tracking: { url: '', experiment: '', run: '', token: '' },
      }),
    ).filter(([name]) => DETERMINISM.test(name)),
  );
