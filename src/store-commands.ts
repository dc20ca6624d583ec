import path from 'node:path';
import { Option, type Command } from 'commander';
import { readConfig, serverConfig, type ServerConfig } from './config.ts';
import {
  bytes,
  count,
  duration,
  events,
  faultLines,
  table,
  type Cli,
  type Output,
  type Register,
} from './faces/cli/index.ts';
import { collectStore, storeSpace, type StoreSpace } from './maintenance/contract.ts';
import type { BackupProgress, BackupResult, CollectResult, RestoreResult } from './maintenance/index.ts';
import type { Collecting } from './platform/blobs/index.ts';
import { conflict, invalid, TreadleError, unavailable, type ErrorKind } from './platform/errors/index.ts';
import { createLog } from './platform/log/index.ts';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
/** Lost blobs that are named one by one. */
const NAMED = 10;

interface Place {
  data?: string;
  db?: string;
}

/** Commands on a whole store. They ask the server, or, told a data folder that no server uses, do the work themselves. */
export const storeCommands: Register = (program, cli) => {
  const placed = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .option('--data <folder>', 'a data folder that no server is using; without it the server is asked')
      .option('--db <url>', 'postgres://… where that folder’s database is there');
  placed('gc', 'give back the space of what was deleted and of what nobody names any more')
    .option('--dry-run', 'remove nothing, only say what would go')
    .addOption(
      new Option(
        '--grace <time>',
        'keep what was deleted, sent or asked for within this time: 12h, 7d; at least 1h on a server',
      )
        .argParser(duration)
        .default(DAY, '1d'),
    )
    .option('--compact', 'rewrite every pack that holds a byte which nobody needs')
    .action(
      async (options: Place & { dryRun?: boolean; grace: number; compact?: boolean }, command: Command) => {
        const { dryRun = false, grace, compact = false } = options;
        if (options.data === undefined && grace < HOUR)
          command.error(
            "error: option '--grace <time>' must be at least 1h on a server, where what is under way has not said yet what it needs.",
          );
        const output = cli.output();
        const done = await followed<CollectResult>(
          output,
          options.data === undefined
            ? events(
                await cli
                  .client()
                  .call(collectStore, { body: { dry_run: dryRun, grace_ms: grace, compact } }),
              )
            : collectInPlace(configOf(options), { dryRun, grace, compact }),
          (data) => told(data as Parameters<typeof told>[0]),
        );
        output.result(done, () => summary(done, dryRun));
      },
    );
  program
    .command('backup <folder>')
    .description(
      'copy database and blobs of one moment to a folder, beside a server that goes on; again: only what is new',
    )
    .option('--data <folder>', 'the data folder of the server, on this machine (.treadle)')
    .option(
      '--db <url>',
      'postgres://… where its database is there: pg_dump backs that up, and this the blobs',
    )
    .option(
      '--key <file>',
      'copy the ledger’s key to this file, which must not be there yet; keep it apart from the backup',
    )
    .option(
      '--verify',
      'read every byte of the backup, and copy again from the store what is damaged there; takes long',
    )
    .action(async (folder: string, options: Place & { key?: string; verify?: boolean }) => {
      const output = cli.output();
      const done = await ended(output, backupOf(resolved(folder, 'folder'), options));
      output.result(done, () => saved(done, options));
      if (done.damaged.length > 0)
        throw conflict(
          `${count(done.damaged.length, 'blob')} of the store ${done.damaged.length === 1 ? 'is' : 'are'} damaged and not in the backup`,
          { code: 'blob-damaged', hint: 'treadle verify names what uses them' },
        );
    });
  program
    .command('restore <folder>')
    .description('make a data folder of a backup, every byte verified; nothing that is there is overwritten')
    .requiredOption('--data <folder>', 'where the data folder is to be; it must be empty or not there')
    .option('--key <file>', 'the ledger’s key, which the backup does not hold')
    .action(async (folder: string, options: { data: string; key?: string }) => {
      const output = cli.output();
      const { restore } = await import('./maintenance/index.ts');
      const done = await ended(
        output,
        restore({
          folder: resolved(folder, 'folder'),
          data: resolved(options.data, 'data'),
          ...(options.key === undefined ? {} : { key: resolved(options.key, 'key') }),
        }),
      );
      output.result(done, () => restored(done, path.resolve(folder), options.data));
      if (done.damaged.length > 0)
        throw conflict(`${count(done.damaged.length, 'blob')} could not be restored`, {
          code: 'blob-damaged',
          hint: 'start the server there and run treadle verify: it names what uses them',
        });
    });
  placed('space', 'say what takes the space, by kind of noun').action(async (options: Place) => {
    const report = await spaceOf(cli, options);
    cli.output().result(report, () => spaceTable(report));
  });
};

async function* collectInPlace(
  config: ServerConfig,
  wanted: { dryRun: boolean; grace: number; compact: boolean },
): AsyncGenerator<{ event: string; data: unknown }> {
  const { openStore } = await import('./open-store.ts');
  const { collectEvents } = await import('./maintenance/index.ts');
  const { storeRooms } = await import('./rooms.ts');
  await using store = await openStore(config, createLog('warn'));
  for await (const { event, data } of collectEvents(store.ctx, storeRooms(config.data), wanted))
    yield { event: event ?? 'message', data };
}

async function spaceOf(cli: Cli, options: Place): Promise<StoreSpace> {
  if (options.data === undefined) return cli.client().call(storeSpace, {});
  const { openStore } = await import('./open-store.ts');
  const { spaceReport } = await import('./maintenance/index.ts');
  const { blobUsers } = await import('./rooms.ts');
  await using store = await openStore(configOf(options), createLog('warn'));
  return await spaceReport(store.ctx, blobUsers);
}

async function* backupOf(
  folder: string,
  options: Place & { key?: string; verify?: boolean },
): AsyncGenerator<BackupProgress, BackupResult> {
  const config = configOf(options);
  const { backup } = await import('./maintenance/index.ts');
  const { openPostgres } = await import('./platform/db/index.ts');
  const { requireStore } = await import('./open-store.ts');
  const { keptFolders } = await import('./rooms.ts');
  requireStore(config);
  const postgres =
    config.db === undefined ? undefined : await openPostgres(config.db, { log: createLog('warn') });
  try {
    return yield* backup({
      data: config.data,
      folder,
      keeps: keptFolders,
      verify: options.verify === true,
      ...(options.key === undefined ? {} : { key: resolved(options.key, 'key') }),
      ...(postgres ? { postgres } : {}),
    });
  } finally {
    await postgres?.close();
  }
}

/** An empty name would be the folder that the command runs in. */
function resolved(name: string, field: 'folder' | 'data' | 'key'): string {
  if (name.trim() === '')
    throw invalid(`the name of the ${field === 'key' ? 'file' : 'folder'} is empty`, {
      field,
      hint: field === 'key' ? 'name a file' : 'name a folder',
    });
  return path.resolve(name);
}

/** Runs to the end and shows how far it is; returns what it returns. */
async function ended<T>(output: Output, steps: AsyncGenerator<BackupProgress, T>): Promise<T> {
  const live = !output.json && process.stderr.isTTY;
  for (let told = 0; ;) {
    const step = await steps.next();
    if (step.done === true) {
      if (live) process.stderr.write('\r\u001b[K');
      return step.value;
    }
    if (!live || performance.now() - told < 250) continue;
    told = performance.now();
    process.stderr.write(`\r\u001b[K${count(step.value.blobs, 'blob')}, ${bytes(step.value.bytes)}`);
  }
}

function saved(
  { blobs, bytes: size, fresh, mended, damaged, database, kept }: BackupResult,
  { key, verify = false }: { key?: string; verify?: boolean },
): string {
  const lines = [
    `${count(blobs, 'blob')}, ${bytes(size)}: ${fresh.blobs.toLocaleString('en')} of them, ${bytes(fresh.bytes)}, were new`,
  ];
  if (mended.blobs > 0)
    lines.push(
      `${count(mended.blobs, 'blob')} of these, ${bytes(mended.bytes)}, the backup had lost or damaged: copied again from the store`,
    );
  else if (verify && damaged.length === 0)
    lines.push('every byte of the backup was read: nothing was damaged');
  if (kept.files > 0)
    lines.push(
      `${count(kept.files, 'file')} of recorded predictions, ${bytes(kept.bytes)}: ${kept.fresh.toLocaleString('en')} of them were new`,
    );
  if (!database)
    lines.push(
      'the database is on Postgres and NOT in this backup: run pg_dump before each backup, and no gc in between; then the dump names only blobs that are here',
    );
  if (key === undefined)
    lines.push('the ledger’s key is not in it: keep a copy of ledger.key elsewhere (--key FILE makes one)');
  return lines.join('\n');
}

function restored(
  { blobs, bytes: size, named, made_at, damaged, key, kept, incomplete }: RestoreResult,
  folder: string,
  data: string,
): string {
  const lines = [
    `restored ${blobs === named.blobs ? '' : `${blobs.toLocaleString('en')} of `}${count(named.blobs, 'blob')}, ${bytes(size)}, as they were on ${new Date(made_at).toISOString()}; each was verified`,
  ];
  const blobsIn = `${path.join(folder, 'blobs')}${path.sep}`;
  if (damaged.length > 0) lines.push('lost, by the files of the backup where they were expected:');
  lines.push(...faultLines(damaged.slice(0, NAMED), ({ hash, reason }) => `${hash}: ${reason}`, blobsIn));
  if (damaged.length > NAMED)
    lines.push(`and ${(damaged.length - NAMED).toLocaleString('en')} more are lost; --json names all`);
  if (kept.files > 0)
    lines.push(`and ${count(kept.files, 'file')} of recorded predictions, ${bytes(kept.bytes)}`);
  if (kept.damaged.length > 0)
    lines.push(`recorded predictions are lost, damaged in the backup: ${kept.damaged.join(', ')}`);
  if (!key) lines.push(`put the ledger’s key into ${path.join(data, 'ledger.key')} first`);
  lines.push(
    incomplete
      ? `start it once with: treadle server --data ${data} --restored yes (without it a start is refused, since blobs are missing); then treadle verify`
      : `start it with: treadle server --data ${data}`,
  );
  return lines.join('\n');
}

const configOf = ({ data, db }: Place): ServerConfig =>
  serverConfig(
    readConfig(
      { ...(data === undefined ? {} : { data }), ...(db === undefined ? {} : { db }) },
      process.env,
      process.cwd(),
    ),
  );

/** Shows progress on a terminal; returns what the last event says. */
async function followed<T>(
  output: Output,
  steps: AsyncIterable<{ event: string; data: unknown }>,
  told: (data: unknown) => string,
): Promise<T> {
  const live = !output.json && process.stderr.isTTY;
  let done: T | undefined;
  for await (const { event, data } of steps) {
    if (event === 'done') done = data as T;
    else if (event === 'failed') throw failure(data as Failure);
    else if (live) process.stderr.write(`\r\u001b[K${told(data)}`);
  }
  if (live) process.stderr.write('\r\u001b[K');
  if (done === undefined)
    throw unavailable('it ended before everything was done', {
      hint: 'look at the server’s log, then try again; what was done stays done',
    });
  return done;
}

interface Failure {
  kind: ErrorKind;
  message: string;
  hint?: string;
  code?: string;
}

const failure = ({ kind, message, hint, code }: Failure): TreadleError =>
  new TreadleError(kind, message, {
    ...(hint === undefined ? {} : { hint }),
    ...(code === undefined ? {} : { code }),
  });

const told = ({
  stage,
  blobs,
  bytes: size,
}: {
  stage: Collecting['stage'] | 'purging';
  blobs: number;
  bytes: number;
}): string =>
  stage === 'purging'
    ? 'purging what was deleted'
    : stage === 'looking'
      ? `looking at what is needed: ${count(blobs, 'blob')}`
      : `${stage}: ${count(blobs, 'blob')}, ${bytes(size)}`;

function summary(
  { purged, swept, used, removed, kept, freed, left, packs }: CollectResult,
  dryRun: boolean,
): string {
  const lines = [
    `${dryRun ? 'would remove' : 'removed'} ${count(removed.blobs, 'blob')} that nobody needs (${bytes(removed.bytes)}); ${count(used, 'blob')} in use`,
    `${dryRun ? 'would give' : 'gave'} ${bytes(freed)} back: ${count(packs.removed, 'pack')} removed, ${packs.rewritten} rewritten`,
  ];
  const { runs, experiments, logged_models } = purged;
  if (runs + experiments + logged_models > 0)
    lines.unshift(
      `${dryRun ? 'would purge' : 'purged'} ${count(runs, 'deleted run')}, ${count(experiments, 'experiment')} and ${count(logged_models, 'logged model')}${dryRun ? '; what only they need would go, too' : ''}`,
    );
  const { models, environments } = swept;
  if (models.folders + environments.folders > 0)
    lines.push(
      `${dryRun ? 'would remove' : 'removed'} ${count(models.folders, 'folder')} of models (${bytes(models.bytes)}) and ${count(environments.folders, 'Python environment')} (${bytes(environments.bytes)}) that no endpoint answers with or goes back to; they are made again when they are wanted`,
    );
  if (purged.kept > 0)
    lines.push(
      `${count(purged.kept, 'deleted run or experiment')} stay: registered models come from them, or have their files there`,
    );
  if (kept.blobs > 0)
    lines.push(`${count(kept.blobs, 'blob')} (${bytes(kept.bytes)}) nobody needs, too: not old enough yet`);
  if (left > 0)
    lines.push(`${bytes(left)} are left in packs that are mostly needed; --compact takes them, too`);
  return lines.join('\n');
}

export function spaceTable({ nouns, all, pinned, orphaned, missing, broken }: StoreSpace): string {
  const lines = [
    table(
      ['what', 'blobs', 'bytes', 'on disk'],
      [
        ...nouns.map(({ noun, blobs, bytes: size, stored }) => [noun, blobs, bytes(size), bytes(stored)]),
        ...(pinned.blobs > 0
          ? [['nobody’s, but pinned (stays)', pinned.blobs, '', bytes(pinned.stored)]]
          : []),
        ['nobody’s (gc removes it)', orphaned.blobs, '', bytes(orphaned.stored)],
        ['all, each once', all.blobs, bytes(all.bytes), bytes(all.stored)],
      ],
    ),
  ];
  for (const { hash, noun } of missing) lines.push(`missing: ${hash}, which ${noun} need`);
  for (const { hash, by, reason } of broken) lines.push(`cannot be read: list ${hash} of ${by}: ${reason}`);
  return lines.join('\n');
}
