// The flights example, stage by stage, through the same commands that a person would type.
import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root, setupDir, venv, venvPython } from '../setup/place.mjs';
import { run, seconds, SetupError } from '../setup/run.mjs';
import { content, digest, isStamped, stamp, unstamp } from '../setup/stamp.mjs';

const example = join(root, 'examples', 'flights');
const source = join(root, 'node_modules', 'vega-datasets', 'data', 'flights-3m.parquet');
const months = ['2001-01', '2001-02'];

/** @param url address of the server. Rejects with the reason when a stage fails. */
export async function playFlights(url) {
  const env = {
    ...process.env,
    TREADLE_URL: url,
    PATH: [join(venv, 'bin'), join(root, 'bin'), process.env.PATH].join(delimiter),
  };

  const folder = await stage('Data: January and February out of 3,000,000 flights', async () => {
    const { folder, note } = await extract();
    return { value: folder, note };
  });

  await stage('Data: commit as a version of the dataset `flights`', async () => {
    const args = ['data', 'commit', 'flights', folder, '-m', 'January and February 2001', '--json'];
    args.push('--source', 'https://github.com/vega/vega-datasets', '--meta', `months=${months.join(',')}`);
    args.push('--meta', 'prepared=one Parquet file a month, by examples/flights/extract.py');
    const version = await treadleJson(args, env);
    return { note: describeVersion(version), links: [`${url}/datasets/flights`] };
  });

  console.log('▸ Pipeline: prepare, train, evaluate, register');
  const began = performance.now();
  await treadleShown(['run'], env);
  console.log(`  ${seconds(began)}`);

  await stage('Result', async () => {
    const { items } = await ask(`${url}/api/v1/executions?pipeline=flight-delay&limit=1`);
    const { steps, model_version: model } = await ask(`${url}/api/v1/executions/${items[0].id}`);
    if (!model) throw new SetupError('the pipeline ended well, and yet it registered no model');
    const run = (name) => steps.find((step) => step.name === name).run_id;
    const [trained, scored] = [await metrics(url, run('train')), await metrics(url, run('evaluate'))];
    const days = `AUC ${trained.auc.toFixed(4)} on the days after those it learned from`;
    const holdout = `${scored.holdout_auc.toFixed(4)} on ${scored.holdout_rows.toLocaleString('en')} flights that training never read`;
    return {
      note: `model ${model.name} version ${model.version}; ${days}, ${holdout}`,
      links: [`${url}/runs/${run('train')}`, `${url}/models/${model.name}`],
    };
  });
}

/** Latest value of each metric of a run, as any MLflow client reads them. */
async function metrics(url, run) {
  const answer = await ask(`${url}/api/2.0/mlflow/runs/get?run_id=${run}`);
  return Object.fromEntries(answer.run.data.metrics.map(({ key, value }) => [key, value]));
}

/** One Parquet file a month, made once from the same source by the same program. */
async function extract() {
  const folder = join(setupDir, 'flights');
  const program = join(example, 'extract.py');
  const key = digest(content(source), content(program), ...months);
  if (isStamped('flights', key) && months.every((month) => existsSync(join(folder, `${month}.parquet`)))) {
    return { folder, note: 'already there' };
  }
  unstamp('flights');
  rmSync(folder, { recursive: true, force: true });
  const said = await run(venvPython, [program, source, folder, ...months]);
  stamp('flights', key);
  const rows = [...said.matchAll(/: ([\d,]+) flights/g)].reduce(
    (sum, [, count]) => sum + Number(count.replaceAll(',', '')),
    0,
  );
  return { folder, note: `${rows.toLocaleString('en')} flights` };
}

async function stage(title, work) {
  const began = performance.now();
  process.stdout.write(`▸ ${title}`);
  try {
    const { value, note, links = [] } = await work();
    process.stdout.write(`: ${note}\n  ${[seconds(began), ...links].join('  ')}\n`);
    return value;
  } catch (error) {
    process.stdout.write(': failed\n');
    throw error;
  }
}

function describeVersion({ version, unchanged, new_bytes: stored }) {
  if (unchanged) return `still ${version.name}, nothing changed`;
  return `${version.name}, ${version.files} files, ${(stored / 1e6).toFixed(1)} MB stored`;
}

const treadle = join(root, 'bin', 'treadle');

async function treadleJson(args, env) {
  return JSON.parse(await run(treadle, args, { cwd: example, env }));
}

/** Runs a command with its own output on the screen: progress of a pipeline is worth seeing live. */
function treadleShown(args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(treadle, args, { cwd: example, env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0
        ? resolve()
        : reject(new SetupError(`\`treadle ${args.join(' ')}\` ended with status ${code}`)),
    );
  });
}

async function ask(address) {
  const answer = await fetch(address);
  if (!answer.ok)
    throw new SetupError(`${address} answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`);
  return answer.json();
}
