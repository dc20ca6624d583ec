/**
 * MLflow's client prints links of its own UI when a run ends: `/#/experiments/1/runs/4f…`. Ours for the same thing,
 * or undefined when the hash is not such a link.
 */
export function fromMlflowLink(hash: string): string | undefined {
  const run = /^#\/experiments\/[^/]+\/runs\/([0-9a-f]{32})(?:[/?]|$)/.exec(hash);
  if (run) return `/runs/${run[1]}`;
  const trace = /^#\/experiments\/\d+\/traces\/?\?(?:.*&)?selectedEvaluationId=([\w.:-]+)/.exec(hash);
  if (trace) return `/traces/${trace[1]}`;
  const traces = /^#\/experiments\/(\d+)\/traces(?:[/?]|$)/.exec(hash);
  if (traces) return `/experiments/${traces[1]}/traces`;
  const experiment = /^#\/experiments\/(\d+)(?:[/?]|$)/.exec(hash);
  if (experiment) return `/experiments/${experiment[1]}`;
  const version = /^#\/models\/([^/?]+)\/versions\/(\d+)(?:[/?]|$)/.exec(hash);
  if (version) return `/models/${version[1]}/versions/${version[2]}`;
  const model = /^#\/models\/([^/?]+)(?:[/?]|$)/.exec(hash);
  if (model) return `/models/${model[1]}`;
  if (/^#\/compare-runs(?:[/?]|$)/.test(hash)) return comparison(hash.slice(hash.indexOf('?') + 1));
  return /^#\/experiments\/?(?:\?|$)/.test(hash)
    ? '/experiments'
    : /^#\/models\/?(?:\?|$)/.test(hash)
      ? '/models'
      : undefined;
}

/** `runs=["4f…","5a…"]&experiments=["1"]`: of the lists only the ids of runs are ours. */
function comparison(query: string): string | undefined {
  let runs: unknown;
  try {
    runs = JSON.parse(new URLSearchParams(query).get('runs') ?? 'null');
  } catch {
    return undefined;
  }
  if (!Array.isArray(runs)) return undefined;
  const ids = runs.filter((id): id is string => typeof id === 'string' && /^[0-9a-f]{32}$/.test(id));
  return ids.length === 0 ? undefined : `/compare?${ids.map((id) => `runs=${id}`).join('&')}`;
}
