import { setTimeout as sleep } from 'node:timers/promises';
import { conflict } from '../../platform/errors/index.ts';
import * as contract from '../../loops/contract.ts';
import type { Cli, Register } from './frame.ts';
import { setBody, type SetFlags } from './loops/set.ts';
import { shownLoop, shownLoops, shownPreview, shownReplay, shownTurn, shownTurns } from './loops/show.ts';
import { choice, duration, whole } from './options.ts';
import { upTo } from './output.ts';

const HELP = `
A loop runs a pipeline again when one of its triggers says so, and follows what becomes of it: training, gate, rollout. Its project
is the one that treadle run sent last and that went through; its data is what their branches name then.

Examples:
  treadle loop set flights --daily "03:00 Europe/Berlin" --performance    at night, and when answers get worse
  treadle loop set flights --data flights@main --rows 10000 --dry-run     only show what it would do
  treadle loop status                               all of them
  treadle loop status flights                       one: triggers, next times, what holds it
  treadle loop history flights                      every turn with its verdict and why
  treadle loop run flights --reason "new labels"    turn it by hand
  treadle loop pause flights --reason "frozen until Monday"
  treadle loop resume flights`;

const several = (text: string, before: readonly string[] = []): string[] => [...before, text];

/** `treadle loop …`: what keeps a model fresh. */
export const register: Register = (program, cli) => {
  const loop = program
    .command('loop')
    .description('retrain by itself: triggers, guard rails, and what became of each turn')
    .addHelpText('after', HELP);
  loop
    .command('status [loop]')
    .description('list loops, or show one: triggers, next times, what holds it')
    .action((name: string | undefined) => status(cli, name));
  loop
    .command('history [loop]')
    .description('list turns, newest first, with verdicts and reasons')
    .option('--state <state>', 'only these', choice(...contract.TURN_STATES))
    .option('--turn <id>', 'one of them, with each step of its way')
    .option('--limit <n>', 'at most this many', whole(1), 20)
    .action(
      async (
        name: string | undefined,
        { state, turn, limit }: { state?: contract.TurnState; turn?: string; limit: number },
      ) => {
        const client = cli.client();
        if (turn !== undefined) {
          const one = await client.call(contract.getTurn, { params: { turn } });
          return cli.output().result(one, () => shownTurn(one));
        }
        const found = await upTo(limit, (page) =>
          client.call(contract.listTurns, {
            query: {
              ...page,
              ...(name === undefined ? {} : { loop: name }),
              ...(state === undefined ? {} : { state }),
            },
          }),
        );
        cli.output().list(found, shownTurns);
      },
    );
  loop
    .command('set <loop>')
    .description('make a loop, or change it; what is not said is as by default')
    .option('--pipeline <name>', 'the pipeline; of the same name unless said')
    .option('--endpoint <name>', 'whose alerts it hears; that of deploy: of the file unless said')
    .option('--daily <time>', '"03:00", "03:00 Europe/Berlin"; as often as wanted', several)
    .option('--weekly <time>', '"Mon 03:00 Europe/Berlin"', several)
    .option('--monthly <time>', '"1 03:00", "last 03:00 Europe/Berlin"', several)
    .option('--cron <fields>', '"0 3 * * 1-5 Europe/Berlin"', several)
    .option(
      '--catch-up <policy>',
      'of missed times: none, last or all; last unless said',
      choice('none', 'last', 'all'),
    )
    .option('--data <ref>', 'when flights@main has new data', several)
    .option('--rows <n>', 'of new data: at least so many rows more', whole(1))
    .option('--percent <n>', 'of new data: at least so many percent more', whole(1))
    .option('--debounce <time>', 'of new data: quiet for so long; 1m unless said', duration)
    .option('--performance', 'when answers are worse than when the version was judged')
    .option('--drift', 'when columns have moved')
    .option('--push [branch]', 'when somebody pushes to this branch; main unless said')
    .option('--param <name=value>', 'replaces a parameter of the file; as often as wanted', several)
    .option('--cooldown <time>', 'between the beginnings of two trainings; 1h unless said', duration)
    .option('--budget <runs>', 'most trainings: 4/day unless said; /week, /month')
    .option(
      '--back-off <time>',
      'after a failure, twice as long after each further one; 10m unless said',
      duration,
    )
    .option(
      '--rejections <n>',
      'so many candidates in a row that do not hold, and people are asked',
      whole(1, 100),
    )
    .option('--dry-run', 'show when it would turn, and save nothing')
    .action(async (name: string, { dryRun, ...flags }: SetFlags & { dryRun?: boolean }) => {
      const body = setBody(name, flags);
      if (dryRun === true) {
        const shown = await cli
          .client()
          .call(contract.previewTriggers, { body: { triggers: body.triggers } });
        return cli.output().result(shown, () => shownPreview(shown.triggers));
      }
      const found = await cli.client().call(contract.setLoop, { params: { loop: name }, body });
      cli.output().result(found, () => shownLoop(found));
    });
  loop
    .command('run <loop>')
    .description('turn it by hand, and wait for what becomes of it')
    .requiredOption('-m, --reason <text>', 'why; kept in the ledger')
    .option('--dry-run', 'say what would be done, and start nothing')
    .option('--force', 'train in spite of broken data, and of nothing being new')
    .option('--detach', 'do not wait for its end')
    .action((name: string, flags: RunFlags) => run(cli, name, flags));
  loop
    .command('pause <loop>')
    .description('nothing turns it but a person; what is under way goes on')
    .requiredOption('-m, --reason <text>', 'why; kept in the ledger')
    .action(async (name: string, { reason }: { reason: string }) => {
      const found = await cli.client().call(contract.pauseLoop, { params: { loop: name }, body: { reason } });
      cli.output().result(found, () => `loop ${name} is paused`);
    });
  loop
    .command('resume <loop>')
    .description('resume one that is paused or needs people')
    .option('-m, --reason <text>', 'what was done; kept in the ledger')
    .action(async (name: string, { reason }: { reason?: string }) => {
      const found = await cli.client().call(contract.resumeLoop, {
        params: { loop: name },
        body: reason === undefined ? {} : { reason },
      });
      cli.output().result(found, () => shownLoop(found));
    });
  loop
    .command('secret <loop>')
    .description('make the secret by which pushes to Git are known, and say where the webhook sends to')
    .action(async (name: string) => {
      const client = cli.client();
      const made = await client.call(contract.makeLoopSecret, { params: { loop: name } });
      cli
        .output()
        .result(
          made,
          () =>
            `webhook: ${client.url}${made.path} (application/json, push events)\nsecret: ${made.secret} (shown once)`,
        );
    });
  loop
    .command('replay <loop>')
    .description('what each policy of retraining would have cost and gained on the logged past')
    .option('--days <n>', 'how far back; 90 unless said', whole(1, 1000), 90)
    .action(async (name: string, { days }: { days: number }) => {
      const found = await cli.client().call(contract.replayLoop, { params: { loop: name }, query: { days } });
      cli.output().result(found, () => shownReplay(found));
    });
  loop
    .command('rm <loop>')
    .description('take it away with its history; what is under way goes on')
    .action(async (name: string) => {
      await cli.client().call(contract.deleteLoop, { params: { loop: name } });
      cli.output().result({ removed: name }, () => `loop ${name} is gone`);
    });
};

async function status(cli: Cli, name: string | undefined): Promise<void> {
  const client = cli.client();
  if (name !== undefined) {
    const found = await client.call(contract.getLoop, { params: { loop: name } });
    return cli.output().result(found, () => shownLoop(found));
  }
  const found = await upTo(1000, (page) => client.call(contract.listLoops, { query: page }));
  cli.output().list(found, shownLoops);
}

interface RunFlags {
  reason: string;
  dryRun?: boolean;
  force?: boolean;
  detach?: boolean;
}

async function run(cli: Cli, name: string, { reason, dryRun, force, detach }: RunFlags): Promise<void> {
  const output = cli.output();
  let now = await cli.client().call(contract.runLoop, {
    params: { loop: name },
    body: {
      reason,
      ...(dryRun === undefined ? {} : { dry_run: dryRun }),
      ...(force === undefined ? {} : { force }),
    },
  });
  if (detach === true)
    return output.result(now, () => `it is on its way; look with: treadle loop history --turn ${now.id}`);
  let told = 0;
  for (let pause = 20; ; pause = Math.min(500, pause * 1.5)) {
    for (; told < now.transitions.length; told++) {
      const { state, note } = now.transitions[told]!;
      output.say(`${state}${note === undefined ? '' : `: ${note}`}`);
    }
    if (now.ended_at !== undefined) break;
    await sleep(pause);
    now = await cli.client().call(contract.getTurn, { params: { turn: now.id } });
  }
  output.result(now, () => shownTurn(now));
  const good = ['promoted', 'trained', 'no_op'].includes(now.state) || now.code === 'dry-run';
  if (!good)
    throw conflict(`the turn of loop ${name} ended as ${now.state}`, {
      hint: now.reason ?? `treadle loop history --turn ${now.id} shows each step`,
    });
}
