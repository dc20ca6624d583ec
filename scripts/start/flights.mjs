// The flights example, stage by stage, through the same commands that a person would type.
import { existsSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root, setupDir, venv, venvPython } from '../setup/place.mjs';
import { run, seconds, SetupError } from '../setup/run.mjs';
import { content, digest, isStamped, stamp, unstamp } from '../setup/stamp.mjs';
import { playActs } from './acts.mjs';
import { ask, example, stage, treadleJson, treadleShown, until } from './stage.mjs';

const source = join(root, 'node_modules', 'vega-datasets', 'data', 'flights-3m.parquet');
const months = ['2001-01', '2001-02'];
const ENDPOINT = 'flight-delay';
const DAY = '2001-03-01';
const ASKED = 300;

/** @param url address of the server. Rejects with the reason when a stage fails. */
export async function playFlights(url) {
  const env = {
    ...process.env,
    TREADLE_URL: url,
    PATH: [join(venv, 'bin'), join(root, 'bin'), process.env.PATH].join(delimiter),
  };

  const folder = await stage('Data: January and February out of 3,000,000 flights', async () => {
    const { folder, note } = await extract(months);
    return { value: folder, note };
  });

  const before = await turnedBefore(url);
  await stage('Data: commit as a version of the dataset `flights`', async () => {
    if (before)
      return { note: `there is more of it since: ${before.cause}`, links: [`${url}/datasets/flights`] };
    const args = ['data', 'commit', 'flights', folder, '-m', 'January and February 2001', '--json'];
    args.push('--source', 'https://github.com/vega/vega-datasets', '--meta', `months=${months.join(',')}`);
    args.push('--meta', 'prepared=one Parquet file a month, by examples/flights/extract.py');
    const version = await treadleJson(args, env);
    return { note: describeVersion(version), links: [`${url}/datasets/flights`] };
  });

  console.log('▸ Pipeline: prepare, train, evaluate, register, judge, deploy');
  const began = performance.now();
  await treadleShown(['run'], env);
  console.log(`  ${seconds(began)}`);

  const first = await stage('Result', async () => {
    const execution = await newest(url);
    const { model_version: model, gate, deployment } = execution;
    if (!model) throw new SetupError('the pipeline ended well, and yet it registered no model');
    if (gate?.verdict !== 'pass' || deployment?.state !== 'live')
      throw new SetupError('the pipeline ended well, and yet the model was not judged and deployed');
    const run = (name) => execution.steps.find((step) => step.name === name).run_id;
    const [trained, scored] = [await metrics(url, run('train')), await metrics(url, run('evaluate'))];
    const days = `AUC ${trained.auc.toFixed(4)} on the days after those it learned from`;
    const holdout = `${scored.holdout_auc.toFixed(4)} on ${scored.holdout_rows.toLocaleString('en')} flights that training never read`;
    return {
      value: { revision: deployment.revision, version: Number(model.version) },
      note: `model ${model.name} version ${model.version}; ${days}, ${holdout}`,
      links: [`${url}/runs/${run('train')}`, `${url}/models/${model.name}`],
    };
  });

  const asked = await stage(
    `Predictions: ${ASKED} real flights of ${DAY}, the day after the data ends`,
    async () => {
      const told = await askFlights(url, env);
      return { value: told, note: describeAnswers(told), links: [`${url}/endpoints/${ENDPOINT}`] };
    },
  );

  await stage('Where did they come from? One call each', async () => {
    const traced = [];
    for (const { prediction } of asked.answers.filter((_answer, i) => i % 30 === 0)) {
      const start = performance.now();
      const lineage = await ask(`${url}/api/v1/predictions/${encodeURIComponent(prediction)}/lineage`);
      traced.push({ lineage, ms: performance.now() - start });
    }
    const times = traced.map(({ ms }) => ms).toSorted((a, b) => a - b);
    const most = asked.answers.toSorted((a, b) => b.chance - a.chance)[0];
    const story = await ask(`${url}/api/v1/predictions/${encodeURIComponent(most.prediction)}/lineage`);
    return {
      note: `${traced.length} traced, ${times[Math.floor(times.length / 2)].toFixed(1)} ms each; one of them:\n${tell(most, story)}`,
      links: [`${url}/predictions/${most.prediction}`],
    };
  });

  await switchAndBack(url, env, first);
  if (!before)
    return playActs({
      url,
      env,
      source,
      moreData: async () => (await extract([...months, '2001-03'])).folder,
    });
  await stage('Day by day, in three acts', async () => ({
    note: 'played before: what was watched, alerted, learnt and taken back is kept',
    links: [`${url}/endpoints/${ENDPOINT}`, `${url}/loops/${ENDPOINT}`, `${url}/releases`],
  }));
}

/** The turn of the loop that an earlier start brought to its end. */
async function turnedBefore(url) {
  const { items } = await ask(`${url}/api/v1/loop-turns?kind=data&state=promoted&limit=1`);
  return items[0];
}

/** A second version takes over, and the first one comes back. Shown once: later starts find it in the endpoint's history. */
async function switchAndBack(url, env, first) {
  const { items } = await ask(`${url}/api/v1/endpoints/${ENDPOINT}/revisions`);
  const back = items.find(({ cause }) => cause === 'rollback');
  if (back) {
    await stage('Switch and rollback', async () => ({
      note: `shown before; ${ENDPOINT} answers with revision ${first.revision}, after ${items.length} revisions`,
      links: [`${url}/endpoints/${ENDPOINT}`],
    }));
    return;
  }
  console.log('▸ Switch: deeper trees, judged against the champion on the same rows');
  const began = performance.now();
  await treadleShown(['run', 'train', '-p', 'depth=8'], env);
  console.log(`  ${seconds(began)}`);
  await stage('Rolled out step by step, unless somebody who has seen enough decides', async () => {
    const { items } = await ask(`${url}/api/v1/releases?endpoint=${ENDPOINT}&limit=1`);
    const { id, version } = items[0];
    await treadleJson(['release', 'promote', id, '-m', 'shown by npm start', '--json'], env);
    const { state } = await until('the end of the rollout', async () => {
      const release = await ask(`${url}/api/v1/releases/${id}`);
      return release.ended_at !== undefined && release;
    });
    if (state !== 'succeeded') throw new SetupError(`the rollout ended as ${state}`);
    return { note: `version ${version} has all requests now`, links: [`${url}/releases/${id}`] };
  });
  const answered = async () => {
    const { answers } = await askFlights(url, env, 50);
    const counts = new Map();
    for (const { revision, version } of answers) {
      const by = `revision ${revision} (version ${version})`;
      counts.set(by, (counts.get(by) ?? 0) + 1);
    }
    return [...counts].map(([by, count]) => `${count} answers by ${by}`).join(', ');
  };
  await stage('Switched', async () => ({ note: await answered(), links: [`${url}/endpoints/${ENDPOINT}`] }));
  await stage('Rollback: back to the version before, as if somebody had complained', async () => {
    const reason = 'shown by npm start';
    const { version } = first;
    await treadleJson(['rollback', ENDPOINT, '-m', reason, '--json'], env);
    await treadleJson(
      ['models', 'alias', 'flight-delay', 'champion', String(version), '-m', reason, '--json'],
      env,
    );
    return { note: await answered(), links: [`${url}/ledger`] };
  });
}

/** The prediction's story, as a person would want it told. */
function tell({ flight, chance, late }, lineage) {
  const { revision, variant, model_version: model, run, code, datasets, evaluation, proof, gaps } = lineage;
  const lines = [
    ['flight', `${flight}: late with ${(chance * 100).toFixed(0)} %; it was ${late ? 'late' : 'on time'}`],
    ['answered by', `${lineage.endpoint.name}, revision ${revision.revision} (${variant.role})`],
    ['model', `${model.model} version ${model.version}, files ${model.digest?.slice(0, 12) ?? 'unknown'}`],
    run && [
      'trained by',
      `run ${run.id} (${Object.entries(run.params)
        .map(([key, value]) => `${key} ${value}`)
        .join(', ')})`,
    ],
    code && [
      'with code',
      [code.commit && `commit ${code.commit.slice(0, 12)}${code.dirty ? ' and changes' : ''}`, code.command]
        .filter(Boolean)
        .join(', '),
    ],
    [
      'on data',
      [...new Set(datasets.map(({ name, version, ref }) => (name ? `${name}@${version}` : ref)))].join(
        ', ',
      ) || 'unknown',
    ],
    evaluation && ['judged', `${evaluation.verdict}, AUC ${evaluation.metrics.auc?.toFixed(4)}`],
    proof && [
      'proof',
      `${proof.overlapping_rows} of ${proof.gate_rows.toLocaleString('en')} rows it was judged on are among the ${proof.training_rows.toLocaleString('en')} that training read`,
    ],
    gaps.length > 0 && ['not known', gaps.join('; ')],
  ];
  return lines
    .filter(Boolean)
    .map(([name, text]) => `    ${name.padEnd(12)} ${text}`)
    .join('\n');
}

const describeAnswers = ({ auc, p50_ms: p50, p99_ms: p99, answers }) =>
  `${answers.length} answers by revision ${answers[0].revision}, AUC ${auc.toFixed(3)}, median ${p50.toFixed(2)} ms, 99 % within ${p99.toFixed(1)} ms`;

async function askFlights(url, env, flights = ASKED) {
  const { endpoint } = await ask(`${url}/api/v1/endpoints/${ENDPOINT}`);
  const at = `${endpoint.address}/v2/models/${ENDPOINT}`;
  const args = [join(example, 'ask.py'), at, source, '--day', DAY, '--flights', String(flights)];
  return JSON.parse(await run(venvPython, args, { env }));
}

/** The newest execution of the pipeline, with its steps. */
async function newest(url) {
  const { items } = await ask(`${url}/api/v1/executions?pipeline=flight-delay&limit=1`);
  return ask(`${url}/api/v1/executions/${items[0].id}`);
}

/** Latest value of each metric of a run, as any MLflow client reads them. */
async function metrics(url, run) {
  const answer = await ask(`${url}/api/2.0/mlflow/runs/get?run_id=${run}`);
  return Object.fromEntries(answer.run.data.metrics.map(({ key, value }) => [key, value]));
}

/** One Parquet file a month, made once from the same source by the same program. */
async function extract(months) {
  const name = months.length === 2 ? 'flights' : `flights-${months.length}`;
  const folder = join(setupDir, name);
  const program = join(example, 'extract.py');
  const key = digest(content(source), content(program), ...months);
  if (isStamped(name, key) && months.every((month) => existsSync(join(folder, `${month}.parquet`)))) {
    return { folder, note: 'already there' };
  }
  unstamp(name);
  rmSync(folder, { recursive: true, force: true });
  const said = await run(venvPython, [program, source, folder, ...months]);
  stamp(name, key);
  const rows = [...said.matchAll(/: ([\d,]+) flights/g)].reduce(
    (sum, [, count]) => sum + Number(count.replaceAll(',', '')),
    0,
  );
  return { folder, note: `${rows.toLocaleString('en')} flights` };
}

function describeVersion({ version, unchanged, new_bytes: stored }) {
  if (unchanged) return `still ${version.name}, nothing changed`;
  return `${version.name}, ${version.files} files, ${(stored / 1e6).toFixed(1)} MB stored`;
}
