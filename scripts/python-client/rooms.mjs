// Rooms with endpoints, by their floors from below: a module may take a noun from one that stands before it.
const rooms = [
  ['jobs', 'platform/jobs', 'Background work of the server.'],
  ['events', 'platform/events', 'What happens in the workspace, as it happens.'],
  ['webhooks', 'platform/events/webhooks', 'Events that the server sends to other places.'],
  ['access', 'access', 'Who calls, workspaces and tokens.'],
  ['ledger', 'ledger', 'The audit log with its proofs, and lineage.'],
  ['channels', 'channels', 'Where alerts are told, and what was delivered.'],
  ['secrets', 'secrets', 'Values that steps of pipelines get, and nobody is shown.'],
  ['tracking', 'tracking', 'Experiments, runs, metrics and artifacts.'],
  ['traces', 'traces', 'Traces, their spans, feedback and expectations.'],
  ['data', 'data', 'Datasets, their versions, files and profiles; SQL over them.'],
  ['models', 'models', 'The registry: models, versions, aliases, logged models.'],
  ['pipelines', 'pipelines', 'Executions of treadle.yaml, their steps, logs and outputs.'],
  ['runtimes', 'runtimes', 'ONNX forms of model versions.'],
  ['validation', 'validation', 'Evaluations, gates, proofs of disjointness.'],
  ['serving', 'serving', 'Endpoints, their revisions, figures and recorded predictions.'],
  ['releases', 'releases', 'From a version to a live endpoint: judge, promote, deploy.'],
  ['environments', 'promotions', 'Environments that model versions are promoted through.'],
  ['monitoring', 'monitoring', 'Outcomes of predictions, watches on endpoints, alerts.'],
  ['ci', 'ci', 'What an execution says of its commit, beside the base branch.'],
  ['githosts', 'githosts', 'Repositories on Git hosts whose commits are checked.'],
  ['changes', 'changes', 'Changes to data and models: proposals, and what pipelines say of them.'],
  ['gitops', 'gitops', 'Environments that follow a file in a Git repository.'],
  ['loops', 'loops', 'What keeps models fresh: triggers, guard rails, turns.'],
  ['maintenance', 'maintenance', 'The store of blobs: space, pins, gc, verify.'],
  ['governance', 'governance', 'Policies, approvals, and the story of a prediction.'],
  ['server', 'faces/rest', 'What the server says of itself.'],
];

export const ROOMS = rooms.map(([module, folder, says]) => ({
  module,
  folder,
  says,
  /** Of the class with its endpoints: no contract may call a noun so. */
  className: `${module[0].toUpperCase()}${module.slice(1)}Api`,
}));
