// `npm run test:deep`: what is too long for `npm test`. Campaigns are files of `npm test` at their whole size; then every bench runs
// once at its smallest, to show that the command behind each figure works on a fresh clone. Words after `--` pick some by name.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { seconds } from './setup/run.mjs';
import { root } from './setup/place.mjs';

/** Name, files as `npm test -- …` picks them, and the sizes. */
const campaigns = [
  { name: 'kills', files: ['test/journeys/kill.slow'], env: { TREADLE_KILLS: '200' } },
  { name: 'step-kills', files: ['test/journeys/pipelines-kill'], env: { TREADLE_STEP_KILLS: '200' } },
  {
    name: 'release-kills',
    files: ['test/journeys/releases-kill'],
    env: { TREADLE_RELEASE_KILLS: '100' },
  },
  {
    name: 'loop-kills',
    files: ['test/journeys/loops-kill'],
    env: { TREADLE_LOOP_KILLS: '100', TREADLE_TEST_OUTPUT: '1' },
  },
  // A thousand random schedules in all.
  {
    name: 'loops',
    files: ['src/loops/once', 'schedule/oracle'],
    env: { TREADLE_LOOP_WORLDS: '50', TREADLE_RUNS: '10', TREADLE_TEST_OUTPUT: '1' },
  },
  // A million histories of one guarded alias, and ten thousand over HTTP.
  {
    name: 'approvals',
    files: ['approvals/standing'],
    env: { TREADLE_RUNS: '100', TREADLE_SEED: 'fresh' },
  },
  {
    name: 'approvals-http',
    files: ['approvals/histories'],
    env: { TREADLE_RUNS: '500', TREADLE_SEED: 'fresh' },
  },
  // Two hundred random edits of what Git says and of what runs, with kills of the server.
  {
    name: 'gitops-kills',
    files: ['test/journeys/gitops-kills'],
    env: { TREADLE_GITOPS_EDITS: '200', TREADLE_TEST_OUTPUT: '1' },
  },
  // The same requests to MLflow's own server and to ours, field by field.
  {
    name: 'mlflow-wire',
    files: ['test/journeys/mlflow-differential'],
    env: { TREADLE_MLFLOW_REQUESTS: '2000', TREADLE_TEST_OUTPUT: '1' },
  },
  // What the real packages of other trackers write, MLflow's databases since 2.0, and a gigabyte (1024 MiB) of events.
  {
    name: 'imports',
    files: ['test/journeys/import-peers'],
    env: { TREADLE_IMPORT_PEERS: '1024', TREADLE_TEST_OUTPUT: '1' },
  },
  { name: 'joined-rows', files: ['test/journeys/joined-rows'], env: { TREADLE_JOINED: '12000' } },
  { name: 'serving-kills', files: ['test/journeys/serving-kill'], env: { TREADLE_SERVING_KILLS: '100' } },
  {
    name: 'switches',
    files: ['test/journeys/serving-switch'],
    env: { TREADLE_SWITCHES: '100', TREADLE_SWITCH_PAUSE: '1000', TREADLE_SWITCH_RATE: '500' },
  },
  {
    name: 'fuzz',
    files: ['test/journeys/fuzz', 'front-fuzz', 'inference/forward', 'grpc-fuzz'],
    env: { TREADLE_FUZZ: '1' },
  },
  { name: 'gc-kills', files: ['blobs/collect-kill'], env: { TREADLE_GC_KILLS: '200' } },
  { name: 'gc-space', files: ['test/journeys/gc.slow'], env: { TREADLE_GC_NOUNS: '1000' } },
  { name: 'backups', files: ['test/journeys/backup'], env: { TREADLE_BACKUPS: '50' } },
  { name: 'ledger-kills', files: ['src/ledger/kill.slow'], env: { TREADLE_LEDGER_KILLS: '24' } },
  { name: 'blob-kills', files: ['blobs/kill.slow'], env: { TREADLE_BLOB_KILLS: '30' } },
  { name: 'tamperings', files: ['src/ledger/tamper'], env: { TREADLE_TAMPERINGS: '1' } },
  { name: 'fan', files: ['pipelines-fan'], env: { TREADLE_FAN: '1000' } },
  { name: 'coverage', files: ['metrics/coverage', 'rules/coverage'], env: { TREADLE_COVERAGE: '2000' } },
  {
    name: 'properties',
    files: [
      'disjoint/random',
      'access/grants',
      'access/quotas',
      'disjoint/near',
      'metrics/scikit-learn',
      'statistics/scipy',
      'ledger/merkle',
      'data/paths',
      'data/model',
      'rules/parse.test.ts',
      'monitoring/statistics',
      'oip/',
      'frames',
      'addresses',
    ],
    env: { TREADLE_SEED: 'fresh', TREADLE_RUNS: '10' },
  },
  {
    name: 'detectors',
    files: [
      'detectors/drift.slow',
      'detectors/harm.slow',
      'evidence/canary.slow',
      'detectors/cbpe.slow',
      'signals/alarms.slow',
    ],
    env: { TREADLE_DETECTORS: '20', TREADLE_TEST_OUTPUT: '1' },
  },
  {
    name: 'rollouts',
    files: ['rollout/simulate'],
    env: { TREADLE_ROLLOUTS: '200', TREADLE_TEST_OUTPUT: '1' },
  },
  {
    name: 'retrains',
    files: ['validation/retrains'],
    env: { TREADLE_RETRAINS: '1000', TREADLE_TEST_OUTPUT: '1' },
  },
  { name: 'dependence', files: ['rules/dependence'], env: { TREADLE_DEPENDENCE: '2000' } },
  // The real packages, in an environment that only this campaign makes.
  { name: 'drift-peers', files: ['statistics/compat/peers'], env: { TREADLE_DRIFT_PEERS: '500' } },
  // DVC's own client against both layouts, methods and credentials; a history of hundreds of commits.
  {
    name: 'dvc',
    files: ['journeys/dvc'],
    env: { TREADLE_DVC: '1', TREADLE_DVC_COMMITS: '400', TREADLE_TEST_OUTPUT: '1' },
  },
  // Suites of several databases, each whole on each; every spelling on every route.
  {
    name: 'whole',
    files: [
      'src/validation/validation.slow',
      'src/serving/serving.slow',
      'approvals/approvals.test',
      'src/monitoring/monitoring.slow',
      'disjoint/compare',
      'conversion/kinds',
      'python/python.slow',
      'src/belong.slow',
      'db/migrate.slow',
      'platform/events/events',
      'platform/jobs/jobs',
      'src/ledger/ledger.test',
      'src/loops/loops.test',
      'mlflow-client.slow',
      'mlflow-models.slow',
      'mlflow-traces.slow',
      'channels/channels',
      'alerts/outside',
      'packaging.slow',
      'security-access',
      'security-browser',
      'security-paths',
    ],
    env: { TREADLE_TEST_WHOLE: '1' },
  },
];

const benches = [
  { name: 'startup', args: ['--rounds', '1', '--idle', '1'] },
  { name: 'mlflow', args: ['--runs', '50'] },
  { name: 'data', args: ['--files', '200', '--gib', '0.05'] },
  { name: 'steps', args: ['--steps', '5', '--rounds', '1'] },
  { name: 'tables', args: ['--mb', '60', '--files', '2', '--looks', '5'] },
  { name: 'disjoint', args: ['--training', '90000', '--gate', '10000', '--repeats', '1'] },
  { name: 'stalls', args: ['--files', '5000'] },
  { name: 'plane', args: ['--seconds', '1'] },
  {
    name: 'records',
    args: ['--predictions', '20000', '--starts', '1', '--seconds', '1', '--rounds', '1', '--pairs', '2'],
  },
  { name: 'lineage', args: ['--calls', '20'] },
  { name: 'rights', args: ['--runs', '1000', '--grants', '1500', '--calls', '5'] },
  { name: 'serving', args: ['--seconds', '1', '--rounds', '1', '--overload', '2'] },
  { name: 'alarms', args: ['--columns', '4', '--windows', '2', '--changed', '1'] },
  { name: 'drift-size', args: ['--rows', '24000', '--columns', '4'] },
];

const jobs = [
  ...campaigns.map(({ name, files, env }) => ({
    name,
    script: 'test.mjs',
    args: files,
    // A campaign may take long on a busy machine; one that hangs still ends.
    env: { TREADLE_TEST_MINUTES: '120', TREADLE_TEST_APART: '1', ...env },
  })),
  ...benches.map(({ name, args }) => ({ name: `bench-${name}`, script: 'bench.mjs', args: [name, ...args] })),
];
const picked = process.argv.slice(2);
const chosen = jobs.filter(({ name }) => picked.length === 0 || picked.some((word) => name.includes(word)));
if (chosen.length === 0) {
  console.log(`there is no ${picked.join(', ')}; there are ${jobs.map(({ name }) => name).join(', ')}`);
  process.exit(1);
}

const failed = [];
for (const { name, script, args, env } of chosen) {
  console.log(`\n═══ ${name}: node scripts/${script} ${args.join(' ')} ${env ? JSON.stringify(env) : ''}`);
  const began = performance.now();
  const { status } = spawnSync(process.execPath, [join(root, 'scripts', script), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  console.log(`═══ ${name}: ${status === 0 ? 'passed' : 'FAILED'} in ${seconds(began)}`);
  if (status !== 0) failed.push(name);
}
console.log(
  `\ndeep: ${chosen.length - failed.length} of ${chosen.length} passed${failed.length > 0 ? `; failed: ${failed.join(', ')}` : ''}`,
);
process.exitCode = failed.length > 0 ? 1 : 0;
