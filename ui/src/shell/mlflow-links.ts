/**
 * MLflow's client prints links of its own UI when a run ends: `/#/experiments/1/runs/4f…`. Ours for the same thing,
 * or undefined when the hash is not such a link.
 */
export function fromMlflowLink(hash: string): string | undefined {
  const run = /^#\/experiments\/[^/]+\/runs\/([0-9a-f]{32})(?:[/?]|$)/.exec(hash);
  if (run) return `/runs/${run[1]}`;
  const experiment = /^#\/experiments\/(\d+)(?:[/?]|$)/.exec(hash);
  if (experiment) return `/experiments/${experiment[1]}`;
  const version = /^#\/models\/([^/?]+)\/versions\/(\d+)(?:[/?]|$)/.exec(hash);
  if (version) return `/models/${version[1]}/versions/${version[2]}`;
  const model = /^#\/models\/([^/?]+)(?:[/?]|$)/.exec(hash);
  if (model) return `/models/${model[1]}`;
  return undefined;
}
