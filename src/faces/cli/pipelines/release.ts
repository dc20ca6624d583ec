import type { DeployResult, Execution, GateResult } from '../../../pipelines/contract.ts';
import { addressSeenFrom } from '../../../serving/contract.ts';
import { seconds } from './units.ts';

/** What became of the model after the steps: the gate and the deployment, each in one line while it goes on. */
export function releaseLines(
  { gate, deployment, model_version: model }: Execution,
  width: number,
  now: number,
): string[] {
  const name = model ? `${model.name} version ${model.version}` : 'the model';
  return [
    ...(gate ? [gateLine(gate, name, width, now)] : []),
    ...(deployment ? [deployLine(deployment, name, width, now)] : []),
  ];
}

/** Of each line, what makes it worth telling again. */
export const releaseStages = ({ gate, deployment }: Execution): string[] =>
  [gate, deployment].flatMap((part) =>
    part ? [`${part.state} ${part.stage?.replace(/: \d+ %$/, '') ?? ''}`] : [],
  );

const MARK = { pass: '✔', fail: '✖', inconclusive: '?' } as const;

function gateLine(gate: GateResult, name: string, width: number, now: number): string {
  const head = 'gate'.padEnd(width);
  switch (gate.state) {
    case 'judging':
      return `▶ ${head}  judges ${name} on ${gate.data}${since(gate, now)}${gate.stage === undefined ? '' : `: ${gate.stage}`}`;
    case 'failed':
      return `✖ ${head}  could not judge ${name}: ${gate.problem ?? ''}`;
    case 'skipped':
      return `– ${head}  was skipped: ${gate.problem ?? ''}`;
    case 'judged':
      return `${MARK[gate.verdict ?? 'inconclusive']} ${head}  ${gate.verdict} for ${name} on ${gate.data}${gate.reused ? `, judged in execution ${gate.reused.number}` : since(gate, now)}`;
  }
}

function deployLine(deployment: DeployResult, name: string, width: number, now: number): string {
  const head = 'deploy'.padEnd(width);
  const { endpoint, revision, address } = deployment;
  switch (deployment.state) {
    case 'deploying':
      return `▶ ${head}  puts ${name} behind ${endpoint}${since(deployment, now)}${deployment.stage === undefined ? '' : `: ${deployment.stage}`}`;
    case 'failed':
      return `✖ ${head}  ${endpoint}: ${deployment.problem ?? ''}`;
    case 'skipped':
      return `– ${head}  was skipped: ${deployment.problem ?? ''}`;
    case 'held':
      return `– ${head}  ${endpoint} was left as it is`;
    case 'rolling_out':
      return `▶ ${head}  ${endpoint} rolls it out: ${deployment.stage ?? ''}`;
    case 'rolled_back':
      return `✖ ${head}  ${endpoint} was rolled back: ${deployment.problem ?? ''}`;
    case 'live':
      return `✔ ${head}  ${endpoint} ${deployment.reused === true ? 'already answers with it:' : 'answers:'} revision ${revision}, ${address}${deployment.reused === true ? '' : since(deployment, now)}`;
  }
}

const since = ({ started_at, ended_at }: GateResult | DeployResult, now: number): string =>
  started_at === undefined ? '' : `, ${seconds((ended_at ?? now) - started_at)}`;

/** What a person asks next: the sentence of the proof, each rule with its verdict, where the model answers. */
export function releaseSummary(
  { gate, deployment }: Pick<Execution, 'gate' | 'deployment'>,
  url: string,
): string[] {
  return [
    ...(gate?.state === 'judged'
      ? [
          `gate on ${gate.data}: ${gate.verdict}${gate.is_champion === true ? ', for the champion itself' : ''}`,
          ...(gate.proof ? [`  ${MARK[gate.proof.verdict]} ${gate.proof.summary}`] : []),
          ...(gate.proof?.warnings ?? []).map((warning) => `  ! ${warning}`),
          ...gate.rules.map(
            ({ rule, verdict, reason, always }) =>
              `  ${MARK[verdict]} ${reason.startsWith(rule) ? reason : `${rule}: ${reason}`}${always ? ' (always checked)' : ''}`,
          ),
        ]
      : []),
    ...(deployment?.state === 'live'
      ? [
          `endpoint ${deployment.endpoint}, revision ${deployment.revision}, at ${addressSeenFrom(deployment.address ?? '', url)}`,
        ]
      : []),
    ...(deployment?.state === 'rolling_out'
      ? [`endpoint ${deployment.endpoint} rolls it out: ${deployment.stage ?? ''}`]
      : []),
    ...(deployment?.state === 'held' ? [`not deployed: ${deployment.problem ?? ''}`] : []),
    ...(deployment?.warnings ?? []).map((warning) => `  ! ${warning}`),
  ];
}
