import { InvalidArgumentError, type Command } from 'commander';
import type { RolloutWish } from '../../pipelines/contract.ts';
import * as contract from '../../releases/contract.ts';
import type { Cli } from './frame.ts';
import { choice, duration, needs, whole } from './options.ts';
import { seconds } from './pipelines/units.ts';

export interface RolloutFlags {
  rollout?: true | number[];
  shadow?: number;
  every?: number;
  within?: number;
  requests?: number;
  undecided?: NonNullable<RolloutWish['undecided']>;
  losses?: NonNullable<RolloutWish['losses']>;
}

export function rolloutOptions(command: Command): Command {
  return command
    .option('--rollout [percents]', 'step by step: 0.5,5,25,50 unless said, and then all', percents)
    .option('--shadow <copies>', 'of a rollout: first so many copies of requests', whole(1))
    .option('--every <time>', 'of a rollout: the least time of a step; 5m unless said', duration)
    .option('--within <time>', 'of a rollout: time for the evidence of a step; 1d unless said', duration)
    .option(
      '--requests <n>',
      'of a rollout: requests for the evidence of a step; any number unless said',
      whole(1),
    )
    .option(
      '--undecided <what>',
      'of a rollout: hold, promote or rollback where it is not enough; hold unless said',
      choice('hold', 'promote', 'rollback'),
    )
    .option(
      '--losses <what>',
      'of a rollout: watch or require; whether outcomes must show that it is good enough',
      choice('watch', 'require'),
    );
}

function percents(text: string): number[] {
  const all = text.split(',').map((one) => (/^\d+(\.\d+)?%?$/.test(one.trim()) ? parseFloat(one) : NaN));
  if (all.some((one) => Number.isNaN(one))) throw new InvalidArgumentError('Write percents as 0.5,5,25,50.');
  return all;
}

/** What the flags ask for; undefined where no rollout is. */
export function rolloutOf(command: Command, flags: RolloutFlags): RolloutWish | undefined {
  const parts = ['shadow', 'every', 'within', 'requests', 'undecided', 'losses'];
  needs(command, parts, ['rollout'], 'it is a part of a rollout');
  const { rollout, shadow, every, within, requests, undecided, losses } = flags;
  if (rollout === undefined) return undefined;
  return {
    ...(rollout === true ? {} : { steps: rollout }),
    ...(shadow === undefined ? {} : { shadow }),
    ...(every === undefined ? {} : { every_s: every / 1000 }),
    ...(within === undefined ? {} : { within_s: within / 1000 }),
    ...(requests === undefined ? {} : { requests }),
    ...(undecided === undefined ? {} : { undecided }),
    ...(losses === undefined ? {} : { losses }),
  };
}

const DECISIONS = [
  ['promote', 'let the version of a rollout have all requests now', 'it gets all requests'],
  ['hold', 'let a rollout stay where it is until somebody decides', 'it stays where it is'],
  ['resume', 'let a rollout that is held go on by evidence', 'it goes on by evidence'],
  ['rollback', 'end a rollout: what answered before answers all again', 'what answered before answers again'],
] as const satisfies ReadonlyArray<readonly [contract.Decision, string, string]>;

/** `treadle release promote|hold|resume|rollback ID -m why`. */
export function decisions(release: Command, cli: Cli): void {
  for (const [decision, description, said] of DECISIONS)
    release
      .command(`${decision} <release>`)
      .description(description)
      .requiredOption('-m, --reason <text>', 'why; goes into the ledger')
      .action(async (id: string, { reason }: { reason: string }) => {
        const now = await cli
          .client()
          .call(contract.decideRelease, { params: { release: id }, body: { decision, reason } });
        cli
          .output()
          .result(now, () => `${now.model}@v${now.version}: ${said}; look with: treadle releases ${id}`);
      });
}

/** Where a rollout stands, in lines; of one that has ended how far it came, since its last words were of a decision to come. */
export function rolloutLines({
  rollout,
  ended_at,
}: Pick<contract.Release, 'rollout' | 'ended_at'>): string[] {
  if (!rollout) return [];
  const ended = ended_at !== undefined;
  const { stages, stage, phase, seen, evidence, held } = rollout;
  const { harm, proof, words, primary, trial } = evidence;
  const share = (part: number, of: number): string =>
    of === 0 ? '–' : `${Number(((100 * part) / of).toPrecision(2))} %`;
  const times = (one: number | undefined): string =>
    one === undefined ? '–' : one >= 1000 ? '> 1000' : String(Number(one.toPrecision(2)));
  return [
    `rollout ${stages
      .map(
        ({ role, percent }, i) => `${i === stage ? '▶' : ''}${role === 'shadow' ? 'shadow' : `${percent} %`}`,
      )
      .join(
        ' → ',
      )}, ${ended ? 'ended' : phase}${!ended && phase === 'watching' ? `; each step ${seconds(rollout.every_s * 1000)} at least` : ''}`,
    ...(held && !ended ? [`  held${held.by === undefined ? '' : ` by ${held.by}`}: ${held.why}`] : []),
    ...(ended ? [] : [`  ${words}`]),
    `  errors: ${share(trial.errors, trial.answers)} of ${trial.answers}, primary ${share(primary.errors, primary.answers)} of ${primary.answers}; it has met ${share(seen.trial, seen.requests)} of ${seen.requests} requests`,
    `  evidence of harm ${times(harm)} (1 rolls it back), that it is good enough: errors ${times(proof.errors)}, latency ${times(proof.latency)}, losses ${times(proof.loss)} (1 is enough)`,
  ];
}
