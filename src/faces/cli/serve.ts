import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { invalid } from '../../platform/errors/index.ts';
import { cacheFolder } from './cache-folder.ts';
import type { Register } from './frame.ts';
import { whole } from './options.ts';
import { count } from './output.ts';
import { Interrupted } from './pipes.ts';

const HELP = `
Examples:
  treadle serve flight-delay-v3
  treadle serve flight-delay-v3 --digest sha256:4f…    refuse any other package
  treadle serve late-v3 --host 0.0.0.0 --open          in a container whose port somebody else guards
  treadle serve                                        in SageMaker's: /opt/ml/model, to all who reach port 8080
It answers the Open Inference Protocol (HTTP and gRPC), MLflow's /invocations and /ping, which is SageMaker's contract
too, and TF Serving's :predict, all on one port. Callers show TREADLE_TOKEN where it is set.
Every digest is checked, and the samples in the package are asked again: an answer that differs by more than 1e-6 refuses
it. A Python model runs its own code: serve packages of people you trust, and pin them with --digest.`;

interface Flags {
  port?: number;
  host?: string;
  allowHost?: string;
  name?: string;
  open?: boolean;
  digest?: string;
  cache?: string;
  processes?: number;
}

/** `treadle serve FOLDER`: a package on this machine, with no server running. */
export const register: Register = (program, cli) => {
  program
    .command('serve [folder]')
    .description('serve a packaged model on this machine; it needs no server')
    .option('--port <n>', 'port to listen on (8080); 0 takes a free one', whole(0, 65_535))
    .option(
      '--host <address>',
      'address to listen on (127.0.0.1); anything but loopback needs a token or --open',
    )
    .option('--allow-host <names>', 'further host names to answer to, separated by commas')
    .option('--name <endpoint>', 'the name that callers use; the model’s unless said')
    .option('--open', 'let everybody who reaches the port ask')
    .option('--digest <digest>', 'the digest the package must have, as treadle package printed it')
    .option('--processes <n>', 'how many processes answer; by the cores unless said', whole(1, 64))
    .option(
      '--cache <folder>',
      'where packages are unpacked and environments kept; ~/.cache/treadle unless said',
    )
    .addHelpText('after', HELP)
    .action(async (given: string | undefined, flags: Flags) => {
      const container = given === undefined;
      const folder = given ?? containerFolder();
      const output = cli.output();
      const { openPackage, servePackage } = await import('../../packaging/index.ts');
      const { createLog } = await import('../../platform/log/index.ts');
      const { createProcesses } = await import('../../platform/processes/index.ts');
      process.umask(0o077);
      const processes = createProcesses();
      const log = createLog('warn');
      const say = (text: string): void => output.say(text);
      const work = await mkdtemp(path.join(tmpdir(), 'treadle-serve-'));
      try {
        const opened = await openPackage(folder, {
          cache: flags.cache ?? cacheFolder(),
          ...(flags.digest === undefined ? {} : { digest: flags.digest }),
          processes,
          log,
          say,
        });
        const { document, digest, samples } = opened;
        const token = process.env['TREADLE_TOKEN'];
        const running = await servePackage(
          opened,
          {
            // SageMaker starts its containers with the one word `serve`, keeps strangers from their port, and may name another one.
            host: flags.host ?? (container ? '0.0.0.0' : '127.0.0.1'),
            port: flags.port ?? Number((container && process.env['SAGEMAKER_BIND_TO_PORT']) || 8080),
            allowHosts: flags.allowHost?.split(',').map((name) => name.trim()) ?? [],
            ...(token ? { token } : {}),
            open: flags.open === true || container,
            ...(flags.name === undefined ? {} : { name: flags.name }),
            ...(flags.processes === undefined ? {} : { processes: flags.processes }),
            work,
          },
          { processes, log },
        );
        const { model, version } = document;
        output.result(
          { url: running.url, endpoint: running.endpoint, model, version, digest, samples },
          () =>
            `${model} version ${version} is ready at ${running.url}/v2/models/${running.endpoint}/infer and ${running.url}/invocations (${digest}, ${count(samples, 'sample')} answered alike)`,
        );
        const by = await stopped();
        await running.close();
        if (by === 'SIGINT') throw new Interrupted();
      } finally {
        await processes.close();
        await rm(work, { recursive: true, force: true });
      }
    });
};

/** Where SageMaker puts the model of a container. */
function containerFolder(): string {
  const folder = '/opt/ml/model';
  if (existsSync(folder)) return folder;
  throw invalid('the folder of the package is missing', {
    field: 'folder',
    hint: 'treadle serve FOLDER; without one it is /opt/ml/model, as in SageMaker’s containers',
  });
}

/** The first signal; a second one does not wait. */
function stopped(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let stopping = false;
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.on(signal, () => {
        if (stopping) process.exit(130);
        stopping = true;
        resolve(signal);
      });
  });
}
