import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { getModel, getVersion, getVersionFile, type VersionDetail } from '../../models/contract.ts';
import { invalid } from '../../platform/errors/index.ts';
import { getConversion, getConversionFile } from '../../runtimes/contract.ts';
import { getRun } from '../../tracking/contract.ts';
import { getEvaluation, listEvaluations, type Evaluation } from '../../validation/contract.ts';
import { cacheFolder } from './cache-folder.ts';
import type { Client } from './client.ts';
import type { Cli, Register } from './frame.ts';
import { bytes, count } from './output.ts';

const HELP = `
Examples:
  treadle package flight-delay@v3                        writes flight-delay-v3/
  treadle package flight-delay@champion -o out/late --license Apache-2.0
  treadle serve flight-delay-v3                          serves it, with no server running
The folder is an OCI image layout with the media types of the CNCF model specification: any OCI registry takes it.
The same version gives the same bytes each time.`;

interface Flags {
  output?: string;
  license?: string;
  licenseFile?: string;
}

/** `treadle package`: a model version as a folder that needs no server. */
export const register: Register = (program, cli) => {
  program
    .command('package <model>')
    .description('write a model version with all it needs as a folder that is served without a server')
    .option('-o, --output <folder>', 'where to; MODEL-v3 unless said')
    .option('--license <spdx>', 'the licence, such as Apache-2.0; the tag `license` unless said')
    .option('--license-file <file>', 'the text of the licence')
    .addHelpText('after', HELP)
    .action(async (text: string, flags: Flags) => {
      const output = cli.output();
      const { model, version: which } = named(text);
      const client = cli.client();
      const detail = await client.call(getVersion, { params: { model, version: which } });
      const { version } = detail;
      const target = flags.output ?? `${model.replaceAll(/[^A-Za-z0-9._-]+/g, '-')}-v${version.version}`;
      const license =
        flags.license ??
        version.tags['license'] ??
        (await client.call(getModel, { params: { model } })).tags['license'];
      const work = await mkdtemp(path.join(tmpdir(), 'treadle-package-'));
      try {
        const built = await build(cli, detail, {
          work,
          target,
          ...(license === undefined ? {} : { license }),
          ...(flags.licenseFile === undefined ? {} : { licenseText: await licenseFrom(flags.licenseFile) }),
        });
        if (license === undefined)
          output.say('no licence is known: add --license Apache-2.0, or tag the version with `license`');
        if (built.samples === 0)
          output.say(
            'the model has no input example, so the package cannot test itself: log it with input_example=…',
          );
        output.result(built, () =>
          [
            `${target}: ${model} version ${version.version}, ${count(built.files, 'file')}, ${bytes(built.bytes)}, ${count(built.samples, 'sample')} with answers`,
            built.digest,
            `serve it anywhere with: treadle serve ${target}`,
          ].join('\n'),
        );
      } finally {
        await rm(work, { recursive: true, force: true });
      }
    });
};

async function build(
  cli: Cli,
  detail: VersionDetail,
  to: { work: string; target: string; license?: string; licenseText?: Buffer },
) {
  const { buildPackage, fetchFiles, lineageDocument, placeFolder } = await import('../../packaging/index.ts');
  const { createLog } = await import('../../platform/log/index.ts');
  const { createProcesses } = await import('../../platform/processes/index.ts');
  const client = cli.client();
  const { version } = detail;
  const say = (text: string): void => cli.output().say(text);
  const params = { model: version.model, version: String(version.version) };
  say(`fetching ${count(detail.files.length, 'file')}`);
  const files = await fetchFiles(detail, path.join(to.work, 'model'), (file) =>
    client.call(getVersionFile, { params: { ...params, '*': file } }),
  );
  const converted = await conversion(client, params, say);
  if (converted) files.push(await converted(path.join(to.work, 'model')));
  const run =
    version.run_id === undefined
      ? undefined
      : await client.call(getRun, { params: { run: version.run_id } }).catch(() => undefined);
  const evaluation = await newestEvaluation(client, version);
  const processes = createProcesses();
  try {
    const { place, environment } = await placeFolder(path.join(to.work, 'model'), {
      cache: cacheFolder(),
      processes,
      say,
    });
    const commit = run?.code?.['commit'];
    const remote = run?.code?.['remote'];
    return await buildPackage(
      {
        model: version.model,
        version: version.version,
        created_at: version.created_at,
        created_by: version.created_by,
        ...(version.facts ? { digest: version.facts.digest } : {}),
        ...(version.description === undefined ? {} : { description: version.description }),
        ...(typeof commit === 'string' ? { commit } : {}),
        ...(typeof remote === 'string' ? { repository: remote } : {}),
        place,
        files,
        lineage: lineageDocument(detail, run, evaluation),
        ...(environment ? { environment } : {}),
        ...(to.license === undefined ? {} : { license: to.license }),
        ...(to.licenseText ? { licenseText: to.licenseText } : {}),
      },
      to.target,
      { processes, log: createLog('warn'), say },
    );
  } finally {
    await processes.close();
  }
}

/** The ONNX form that the server made and serves, where it kept one: a package answers with the same. */
async function conversion(
  client: Client,
  params: { model: string; version: string },
  say: (text: string) => void,
) {
  let { state } = await client.call(getConversion, { params });
  if (state === 'queued' || state === 'running') say('waiting for the server to convert it to ONNX');
  // Until that is known the same version would be one package now and another one later.
  for (; state === 'queued' || state === 'running'; await sleep(500))
    ({ state } = await client.call(getConversion, { params }));
  if (state !== 'kept') return undefined;
  return async (folder: string): Promise<{ path: string; file: string }> => {
    const { CONVERTED } = await import('../../runtimes/index.ts');
    const file = path.join(folder, CONVERTED);
    await pipeline(
      await client.call(getConversionFile, { params }),
      createWriteStream(file, { flags: 'wx' }),
    );
    return { path: CONVERTED, file };
  };
}

/** The newest that came to an end; none where nobody judged it. */
async function newestEvaluation(
  client: Client,
  { model, version }: VersionDetail['version'],
): Promise<Evaluation | undefined> {
  const { items } = await client.call(listEvaluations, { query: { model, version, limit: 100 } });
  const done = items.find(({ state }) => state === 'done');
  return done && client.call(getEvaluation, { params: { evaluation: done.id } });
}

async function licenseFrom(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw invalid(`the licence ${file} cannot be read`, { field: 'license-file', cause });
  }
}

/** `flights@v3`, `flights@3`, `flights/3`, `flights@champion`, `flights@latest`. */
function named(text: string): { model: string; version: string } {
  const found = /^([^/@]+)(?:@v?(\d+)|\/(\d+)|[@/](latest)|(@[^/@]+))$/.exec(text);
  const [, model, ...rest] = found ?? [];
  const version = rest.find((part) => part !== undefined);
  if (model === undefined || version === undefined)
    throw invalid(`'${text}' names no version of a model`, {
      field: 'model',
      hint: 'write flights@v3, flights@champion or flights@latest',
    });
  return { model, version };
}
