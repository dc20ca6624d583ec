import type { WhoAmI } from '../../../access/contract.ts';
import type { ApprovalRequestDetail, Target } from '../../../governance/contract.ts';
import { ago } from '../output.ts';

/** `flights@champion`, `flights in Production`, `endpoint flights`. */
export const targetText = ({ model, target }: { model: string; target: Target }): string =>
  'endpoint' in target
    ? `endpoint ${target.endpoint}`
    : 'alias' in target
      ? `${model}@${target.alias}`
      : `${model} in ${target.stage}`;

/** Where a request stands, and what is next for whoever asks. */
export function stands(one: ApprovalRequestDetail, me: WhoAmI): string {
  const next = nextOf(one, me);
  return `request ${one.id} is ${one.state}: ${one.says}${next === undefined ? '' : `; ${next}`}`;
}

function nextOf(one: ApprovalRequestDetail, me: WhoAmI): string | undefined {
  if (one.state === 'approved') {
    const how =
      'endpoint' in one.target
        ? `treadle deploy ${one.model}@v${one.version} --to ${one.target.endpoint}`
        : `treadle promote ${one.id}`;
    if (one.asked_by !== undefined) return 'what asked for it goes on by itself';
    return me.may.includes('write') || me.grants.some(({ level }) => level === 'editor' || level === 'admin')
      ? `${how} makes the move`
      : `an editor makes the move with: ${how}`;
  }
  if (one.state !== 'open') return undefined;
  const lacking = one.needs.filter(({ count, have }) => have < count);
  // What is missing then are checks, and those it says.
  if (lacking.length === 0) return 'no more approvals are needed';
  const roles = [...new Set(lacking.map(({ role }) => role))];
  const mine = me.user !== undefined && (one.requested_user === me.user || one.authors.includes(me.user));
  const said = one.decisions.some(
    ({ user, verdict, counts }) => user === me.user && verdict === 'approve' && counts,
  );
  const can =
    me.user !== undefined &&
    roles.some(
      (role) =>
        me.roles.some((held) => held === role || held === 'admin' || held === 'owner') ||
        (role === 'approver' && me.grants.some(({ level }) => level === 'approver' || level === 'admin')),
    );
  if (can && !mine && !said) return `treadle approve ${one.id} -m 'why' says yes`;
  return `${said ? 'another ' : ''}${roles.join(' or ')} says yes with: treadle approve ${one.id} -m 'why'`;
}

export function requestLines(one: ApprovalRequestDetail, me: WhoAmI): string {
  return [
    `${one.model}@v${one.version} for ${targetText(one)}: ${one.state}`,
    `  asked for by ${one.requested_by}, ${ago(one.created_at)}: ${one.why}`,
    `  digest ${one.digest}`,
    ...(one.before
      ? [
          `  instead of ${one.before.versions.map(({ model, version }) => `${model}@v${version}`).join(', ')}, until then`,
        ]
      : []),
    ...(one.now
      ? [`  instead of ${one.now.versions.map(({ model, version }) => `${model}@v${version}`).join(', ')}`]
      : []),
    ...one.checks.flatMap(({ check, holds, says, wanted }) =>
      wanted ? [`  ${holds ? '✓' : '✗'} ${check.padEnd(9)} ${says}`] : [],
    ),
    ...one.needs.map(
      ({ policy, role, count, have }) =>
        `  ${have} of ${count} ${role}${count === 1 ? '' : 's'} (policy ${policy})`,
    ),
    ...one.decisions.map(
      ({ name, verdict, why, at, not }) =>
        `  ${name}: ${verdict}, ${ago(at)}: ${why}${not === undefined ? '' : ` (does not count: ${not})`}`,
    ),
    ...one.changed.map((what) => `  changed since: ${what}`),
    stands(one, me),
  ].join('\n');
}
