import type { ApprovalRequest, ApprovalRequestDetail, Target } from '../../../governance/contract.ts';
import { ago } from '../output.ts';

/** `flights@champion`, `flights in Production`, `endpoint flights`. */
export const targetText = ({ model, target }: { model: string; target: Target }): string =>
  'endpoint' in target
    ? `endpoint ${target.endpoint}`
    : 'alias' in target
      ? `${model}@${target.alias}`
      : `${model} in ${target.stage}`;

/** Where a request stands, and what is next. */
export function stands(one: ApprovalRequest): string {
  const next =
    one.state === 'open'
      ? `; treadle approve ${one.id} -m 'why' says yes`
      : one.state === 'approved'
        ? `; ${'endpoint' in one.target ? `treadle deploy ${one.model}@v${one.version} --to ${one.target.endpoint}` : `treadle promote ${one.id}`} makes the move`
        : '';
  return `request ${one.id} is ${one.state}: ${one.says}${next}`;
}

export function requestLines(one: ApprovalRequestDetail): string {
  return [
    `${one.model}@v${one.version} for ${targetText(one)}: ${one.state}`,
    `  asked for by ${one.requested_by}, ${ago(one.created_at)}: ${one.why}`,
    `  digest ${one.digest}`,
    ...(one.now
      ? [`  instead of ${one.now.versions.map(({ model, version }) => `${model}@v${version}`).join(', ')}`]
      : []),
    ...one.checks.flatMap(({ check, holds, says, wanted }) =>
      wanted ? [`  ${holds ? '✓' : '✗'} ${check.padEnd(9)} ${says}`] : [],
    ),
    ...one.needs.map(({ policy, role, count, have }) => `  ${have} of ${count} ${role} (policy ${policy})`),
    ...one.decisions.map(
      ({ name, verdict, why, at, not }) =>
        `  ${name}: ${verdict}, ${ago(at)}: ${why}${not === undefined ? '' : ` (does not count: ${not})`}`,
    ),
    ...one.changed.map((what) => `  changed since: ${what}`),
    stands(one),
  ].join('\n');
}
