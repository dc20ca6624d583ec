import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cacheFolder } from './cache-folder.ts';
import type { Register } from './frame.ts';
import { whole } from './options.ts';
import { count } from './output.ts';

const HELP = `
Examples:
  treadle serve flight-delay-v3
  treadle serve flight-delay-v3 --digest sha256:4f…    refuse any other package
  treadle serve /opt/ml/model --host 0.0.0.0 --open    in a container whose port somebody else guards
It answers the Open Inference Protocol (HTTP and gRPC), MLflow's /invocations and /ping, which is SageMaker's contract
too, and TF Serving's :predict, all on one port. Callers show TREADLE_TOKEN where it is set.
Every digest is checked, and the samples in the package are asked again: an answer that differs by more than 1e-6 refuses
it. A Python model runs its own code: serve packages of people you trust, and pin them with --digest.`;

interface Flags {
  port: number;
  host: string;
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
    .command('serve <folder>')
    .description('serve a packaged model on this machine; it needs no server')
    .option('--port <n>', 'port to listen on; 0 takes a free one', whole(0, 65_535), 8080)
    .option(
      '--host <address>',
      'address to listen on; anything but loopback needs a token or --open',
      '127.0.0.1',
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
    .action(async (folder: string, flags: Flags) => {
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
            host: flags.host,
            port: flags.port,
            allowHosts: flags.allowHost?.split(',').map((name) => name.trim()) ?? [],
            ...(token ? { token } : {}),
            open: flags.open === true,
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
        await stopped();
        await running.close();
      } finally {
        await processes.close();
        await rm(work, { recursive: true, force: true });
      }
    });
};

/** Resolves at the first signal; a second one does not wait. */
function stopped(): Promise<void> {
  return new Promise((resolve) => {
    let stopping = false;
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.on(signal, () => {
        if (stopping) process.exit(130);
        stopping = true;
        resolve();
      });
  });
}
