import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { ServerConfig } from './config.ts';
import type { Endpoint } from './serving/contract.ts';
import { findUv } from './environments/index.ts';
import {
  chooseIsolation,
  createProcesses,
  meaning,
  type Isolation,
  type Level,
} from './platform/processes/index.ts';

/** One thing of the machine that the server needs or can use. */
export interface Finding {
  what: string;
  holds: boolean;
  says: string;
}

export interface Examination {
  isolation: { level: Level; says: string };
  findings: Finding[];
}

const GiB = 1024 ** 3;

/** Looks at the machine as the server would at its start. Writes nothing into a data folder that is not there yet. */
export async function examine(config: ServerConfig): Promise<Examination> {
  const temporary = existsSync(config.data) ? undefined : mkdtempSync(path.join(tmpdir(), 'treadle-doctor-'));
  try {
    const walls = await chooseIsolation({
      wanted: config.isolation ?? 'auto',
      data: temporary ?? config.data,
      share: config.stepFolders ?? [],
    });
    const levels = await walls.tried();
    const processes = createProcesses();
    const program = async (what: string, file: string, without: string): Promise<Finding> => {
      const { reason, stdout } = await processes.run({
        argv: [file, '--version'],
        cwd: '/',
        env: { HOME: process.env['HOME'] ?? '/' },
        timeout: 20_000,
      });
      const holds = reason === 'ok';
      return { what, holds, says: holds ? stdout.trim() : without };
    };
    return {
      isolation: { level: walls.isolation.level, says: meaning(walls.isolation) },
      findings: [
        ...levels
          .filter(({ level }) => level !== 'none') // no wall always holds, which would read as good news
          .map(({ level, holds, says }) => ({ what: `isolation ${level}`, holds, says })),
        walled(walls.isolation),
        await program('Python', 'python3', 'python3 is not on PATH: Python models and environments need it'),
        // The one that the server would take: a checkout has its own.
        await program(
          'uv',
          findUv() ?? 'uv',
          'uv is neither on PATH nor beside this program: environments are made with pip, which takes longer',
        ),
        sqlite(),
        disk(temporary === undefined ? config.data : process.cwd()),
      ],
    };
  } finally {
    if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
  }
}

/** Whether any wall at all is up, in words that cannot be read as the opposite. */
export const walled = (isolation: Pick<Isolation, 'level' | 'namespaces' | 'users'>): Finding =>
  isolation.level === 'none'
    ? { what: 'walls', holds: false, says: meaning(isolation) }
    : { what: 'walls', holds: true, says: `code of steps and models runs apart, by ${isolation.level}` };

function sqlite(): Finding {
  const database = new DatabaseSync(':memory:');
  const version = String(database.prepare('select sqlite_version() as version').get()?.['version']);
  database.close();
  return { what: 'SQLite', holds: true, says: version };
}

function disk(folder: string): Finding {
  const { bavail, bsize } = statfsSync(folder);
  const free = (bavail * bsize) / GiB;
  return { what: 'disk', holds: free > 1, says: `${free.toFixed(1)} GiB free for the data folder` };
}

/** Of a server that answers: endpoints whose models it cannot load, and whether anything answers for models at all. */
export function endpointFindings(endpoints: ReadonlyArray<Pick<Endpoint, 'name' | 'current'>>): Finding[] {
  const live = endpoints.flatMap(({ name, current }) => (current ? [{ name, current }] : []));
  if (live.length === 0) return [];
  const broken = live.flatMap(({ name, current: { revision, unloadable } }) =>
    unloadable
      ? [
          {
            what: `endpoint ${name}`,
            holds: false,
            says: `revision ${revision} cannot be loaded: ${unloadable.problem}; ${unloadable.hint}`,
          },
        ]
      : [],
  );
  const loaded = live.length - broken.length;
  return [
    ...broken,
    {
      what: 'inference',
      holds: loaded > 0,
      says:
        loaded > 0
          ? `${loaded} of ${live.length} live endpoints can be loaded`
          : 'no live endpoint can be loaded: the port of the inference protocols is shut',
    },
  ];
}
