import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'smol-toml';
import { invalid, messageOf } from './platform/errors/index.ts';
import { LEVELS, type Level } from './platform/processes/index.ts';

interface Setting {
  /** As a flag: `--name`; in the environment `TREADLE_NAME`; in treadle.toml `name`. */
  name: string;
  fallback: string | undefined;
  meaning: string;
}

/** Every setting of the server. Flags win over `TREADLE_*`, those over `treadle.toml`. */
export const SETTINGS = [
  {
    name: 'host',
    fallback: '127.0.0.1',
    meaning: 'address to listen on; anything but loopback needs a token to exist',
  },
  { name: 'port', fallback: '5000', meaning: 'port to listen on; 0 takes a free one' },
  {
    name: 'inference-port',
    fallback: undefined,
    meaning:
      'port that models answer on, HTTP and gRPC; the one after --port unless said, 0 takes a free one. Opened with the first endpoint',
  },
  {
    name: 'inference-processes',
    fallback: undefined,
    meaning:
      'processes that answer for models, each with all of them; half of the cores unless said, 4 at most',
  },
  { name: 'data', fallback: '.treadle', meaning: 'folder that holds all state' },
  { name: 'db', fallback: undefined, meaning: 'postgres://… instead of the SQLite file in the data folder' },
  {
    name: 'allow-host',
    fallback: undefined,
    meaning: 'further host names to answer to, separated by commas',
  },
  {
    name: 'require-token',
    fallback: 'false',
    meaning:
      'true: callers on this machine need a token, too. Set it behind a proxy that adds no header of its own',
  },
  {
    name: 'allow-outbound',
    fallback: undefined,
    meaning:
      'internal hosts, addresses or ranges that webhooks and channels may call, separated by commas, each with the port where it is not 80, 443, 8080 or 8443: hooks.corp:9443, 10.1.0.0/16',
  },
  {
    name: 'public-url',
    fallback: undefined,
    meaning: 'where people find this server, for links in messages: https://treadle.corp',
  },
  {
    name: 'oidc-issuer',
    fallback: undefined,
    meaning: 'OpenID Connect provider that people sign in by: https://login.corp',
  },
  { name: 'oidc-client', fallback: undefined, meaning: 'id of this server at the provider' },
  {
    name: 'oidc-secret-file',
    fallback: undefined,
    meaning: 'file that holds the secret of oidc-client and nothing else; without one it is a public client',
  },
  {
    name: 'oidc-groups',
    fallback: 'groups',
    meaning: 'claim by which the provider names groups; those that exist here bring their roles',
  },
  {
    name: 'secrets-key-file',
    fallback: undefined,
    meaning:
      'the key that secrets are sealed with; secrets.key in the data folder unless said, made with the first secret',
  },
  {
    name: 'restored',
    fallback: 'no',
    meaning:
      'yes: start once although the database or the blobs were restored from an older backup; nothing is removed',
  },
  {
    name: 'isolation',
    fallback: 'auto',
    meaning:
      'how the code of steps and models is kept apart: auto, bwrap, uid, userns or none; treadle doctor says which hold here',
  },
  {
    name: 'step-folders',
    fallback: undefined,
    meaning: 'folders that every step may read and write besides its own, separated by commas: /mnt/scratch',
  },
  {
    name: 'records',
    fallback: 'all',
    meaning:
      'what is kept of predictions where an endpoint does not say: all, outputs (nothing that callers sent) or none',
  },
  {
    name: 'records-mib',
    fallback: '2048',
    meaning: 'MiB that all kept predictions may take; the oldest go when there is more',
  },
  {
    name: 'records-days',
    fallback: '30',
    meaning: 'days after which kept predictions go',
  },
  { name: 'log', fallback: 'info', meaning: 'debug, info, warn or error' },
] as const satisfies readonly Setting[];

export type SettingName = (typeof SETTINGS)[number]['name'];

export interface Held {
  name: SettingName;
  value: string | undefined;
  /** Where the value comes from: `flag --port`, `TREADLE_PORT`, `treadle.toml`, `default`. */
  source: string;
}

/** What holds and why. `flags` are the given ones only. */
export function readConfig(
  flags: Partial<Record<SettingName, string>>,
  env: NodeJS.ProcessEnv,
  folder: string,
): Held[] {
  const file = readToml(path.join(folder, 'treadle.toml'));
  return SETTINGS.map(({ name, fallback }) => {
    const variable = `TREADLE_${name.toUpperCase().replaceAll('-', '_')}`;
    if (flags[name] !== undefined) return { name, value: flags[name], source: `flag --${name}` };
    if (env[variable] !== undefined && env[variable] !== '')
      return { name, value: env[variable], source: variable };
    if (file[name] !== undefined) return { name, value: file[name], source: 'treadle.toml' };
    return { name, value: fallback, source: 'default' };
  });
}

export interface ServerConfig {
  host: string;
  port: number;
  /** Where models answer: by default the port after `port`, or a free one. */
  inferencePort?: number;
  /** By default by the machine's cores. */
  inferenceProcesses?: number;
  data: string;
  db: string | undefined;
  allowHosts: string[];
  /** Nobody is the owner without a token, not even on loopback. */
  requireToken?: boolean;
  /** What the one door to other hosts opens besides the public internet. */
  allowOutbound?: string[];
  /** The key that secrets are sealed with; `secrets.key` in the data folder unless said. */
  secretsKeyFile?: string | undefined;
  /** Where people find the server, for links in messages. */
  publicUrl?: string | undefined;
  /** Who else says who people are. */
  oidc?: { issuer: string; client: string; secretFile?: string | undefined; groups: string } | undefined;
  /** Database and blobs may be of different moments, for once. */
  restored?: boolean;
  /** `auto` unless said: the best that holds. */
  isolation?: Level | 'auto';
  /** What every step may write besides its own folder. */
  stepFolders?: string[];
  /** Where environments of models are made and kept, when that is not the data folder: servers may share it. */
  modelEnvironments?: string | undefined;
  /** Whether scikit-learn models are converted without being asked for. They are, unless this is false. */
  offerConversions?: boolean | undefined;
  /** What is kept of predictions, and how much and how long. */
  records?: { recording: 'all' | 'outputs' | 'none'; bytes: number; days: number };
  log: 'debug' | 'info' | 'warn' | 'error';
}

const MIB = 1024 * 1024;
export const DEFAULT_RECORDS = { recording: 'all', bytes: 2048 * MIB, days: 30 } as const;

/** Checks the settings and gives them their types. */
export function serverConfig(held: readonly Held[]): ServerConfig {
  const value = (name: SettingName): Held => held.find((setting) => setting.name === name)!;
  const wrong = (name: SettingName, what: string): never => {
    const { value: text, source } = value(name);
    throw invalid(`${name} is '${text}' (${source}): ${what}`, {
      field: name,
      hint: 'treadle config prints every setting and where it comes from',
    });
  };
  const port = Number(value('port').value);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    wrong('port', 'it must be a whole number from 0 to 65535');
  const whole = (name: SettingName, least: number, most: number): number | undefined => {
    const text = value(name).value;
    if (text === undefined) return undefined;
    const number = Number(text);
    if (text.trim() === '' || !Number.isInteger(number) || number < least || number > most)
      wrong(name, `it must be a whole number from ${least} to ${most}`);
    return number;
  };
  const inferencePort = whole('inference-port', 0, 65_535);
  if (inferencePort !== undefined && inferencePort !== 0 && inferencePort === port)
    wrong('inference-port', 'it must be another than --port');
  const inferenceProcesses = whole('inference-processes', 1, 64);
  const db = value('db').value;
  if (db !== undefined && !/^postgres(ql)?:\/\//.test(db)) wrong('db', 'it must start with postgres://');
  const restored = value('restored').value;
  if (restored !== 'yes' && restored !== 'no') wrong('restored', 'it must be yes or no');
  const log = value('log').value;
  if (log !== 'debug' && log !== 'info' && log !== 'warn' && log !== 'error')
    return wrong('log', 'it must be debug, info, warn or error');
  const requireToken = value('require-token').value;
  if (requireToken !== 'true' && requireToken !== 'false') wrong('require-token', 'it must be true or false');
  const publicUrl = value('public-url').value;
  if (publicUrl !== undefined && !/^https?:\/\/[^\s/]+/.test(publicUrl))
    wrong('public-url', 'it must start with https:// or http://');
  const issuer = value('oidc-issuer').value;
  const client = value('oidc-client').value;
  if ((issuer === undefined) !== (client === undefined))
    wrong(issuer === undefined ? 'oidc-issuer' : 'oidc-client', 'oidc-issuer and oidc-client go together');
  // Over http anybody between the two could say who people are.
  if (
    issuer !== undefined &&
    !/^(https:\/\/[^\s/]+|http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?)(\/\S*)?$/.test(issuer)
  )
    wrong('oidc-issuer', 'it must start with https://');
  const secretFile = value('oidc-secret-file').value;
  const isolation = value('isolation').value ?? 'auto';
  if (isolation !== 'auto' && !isLevel(isolation))
    return wrong('isolation', `it must be auto, ${LEVELS.slice(0, -1).join(', ')} or none`);
  const recording = value('records').value;
  if (recording !== 'all' && recording !== 'outputs' && recording !== 'none')
    return wrong('records', 'it must be all, outputs or none');
  const recordsMib = whole('records-mib', 0, 1_000_000_000);
  const recordsDays = whole('records-days', 1, 36_500);
  const secretsKey = value('secrets-key-file').value;
  const list = (name: SettingName): string[] =>
    (value(name).value ?? '')
      .split(',')
      .map((entry) => entry.trim().toLowerCase())
      .filter(Boolean);
  return {
    host: value('host').value ?? '127.0.0.1',
    port,
    ...(inferencePort === undefined ? {} : { inferencePort }),
    ...(inferenceProcesses === undefined ? {} : { inferenceProcesses }),
    data: path.resolve(value('data').value ?? '.treadle'),
    db,
    allowHosts: list('allow-host'),
    requireToken: requireToken === 'true',
    allowOutbound: list('allow-outbound'),
    publicUrl: publicUrl === undefined ? undefined : publicUrl.replace(/\/+$/, ''),
    oidc:
      issuer === undefined || client === undefined
        ? undefined
        : {
            issuer,
            client,
            secretFile: secretFile === undefined ? undefined : path.resolve(secretFile),
            groups: value('oidc-groups').value ?? 'groups',
          },
    secretsKeyFile: secretsKey === undefined ? undefined : path.resolve(secretsKey),
    restored: restored === 'yes',
    isolation,
    stepFolders: (value('step-folders').value ?? '')
      .split(',')
      .map((entry) => entry.trim())
      .filter(Boolean)
      .map((entry) => path.resolve(entry)),
    records: {
      recording,
      bytes: recordsMib === undefined ? DEFAULT_RECORDS.bytes : recordsMib * MIB,
      days: recordsDays ?? DEFAULT_RECORDS.days,
    },
    log,
  };
}

const isLevel = (text: string): text is Level => LEVELS.some((level) => level === text);

function readToml(file: string): Partial<Record<string, string>> {
  if (!existsSync(file)) return {};
  let table: Record<string, unknown>;
  try {
    table = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw invalid(`treadle.toml cannot be read: ${messageOf(error)}`, { field: 'treadle.toml' });
  }
  const known = new Set<string>(SETTINGS.map(({ name }) => name));
  return Object.fromEntries(
    Object.entries(table).map(([key, value]) => {
      if (!known.has(key))
        throw invalid(`treadle.toml has a setting '${key}' that does not exist`, {
          field: key,
          hint: `there are ${[...known].join(', ')}`,
        });
      if (!['string', 'number', 'bigint', 'boolean'].includes(typeof value))
        throw invalid(`'${key}' in treadle.toml must be text, a number, true or false`, { field: key });
      return [key, String(value)];
    }),
  );
}
