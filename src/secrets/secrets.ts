import type { Ctx } from '../platform/ctx/index.ts';
import { conflict, forbidden, invalid, missing } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import { fits } from '../platform/patterns/index.ts';
import type { Secret } from './contract.ts';
import { openValue, sealValue, wrapAnew } from './envelope.ts';
import type { Masters } from './master.ts';
import {
  findSecret,
  removeSecret,
  rewrap,
  saveSecret,
  selectEverySecret,
  selectSecrets,
  type SecretRow,
} from './store.ts';

/** Of a workspace. */
const MOST = 500;
/** Variables that a step has of its own: they win over a secret that is called so. */
const OWN =
  /^(PATH|HOME|TMPDIR|LANG|TZ|NO_PROXY|VIRTUAL_ENV|TREADLE_.*|MLFLOW_(RUN_ID|TRACKING_.*|EXPERIMENT_.*))$/;

const toSecret = (row: SecretRow): Secret => ({
  name: row.name,
  ...(row.environment === '' ? {} : { environment: row.environment }),
  version: row.version,
  pipelines: JSON.parse(row.pipelines) as string[], // written by this room
  created_at: row.created_at,
  updated_at: row.updated_at,
  updated_by: row.updated_by,
});

export const listSecrets = async (ctx: Ctx): Promise<{ items: Secret[] }> => ({
  items: (await selectSecrets(ctx)).map(toSecret),
});

const resourceOf = ({ name, environment }: Pick<SecretRow, 'name' | 'environment'>): string =>
  `secret:${environment === '' ? '' : `${environment}:`}${name}`;

export function setSecret(
  ctx: Ctx,
  masters: Masters,
  { environment = '', name }: { environment?: string | undefined; name: string },
  { value, pipelines = ['*'] }: { value: string; pipelines?: string[] },
): Promise<Secret> {
  if (!/^[A-Z][A-Z0-9_]*$/.test(name))
    throw invalid(`'${name}' is no name of a secret`, {
      field: 'secret',
      hint: 'name it as the variable that a step gets it in: DB_URL',
    });
  if (OWN.test(name))
    throw invalid(`a step has ${name} of its own, and would not get the secret`, {
      field: 'secret',
      hint: 'give it another name, such as APP_TOKEN',
    });
  // Made before the transaction that rests on it: a file is not undone.
  const master = masters.newest();
  return ctx.write(async (tx) => {
    const before = await findSecret(tx, environment, name);
    if (!before && (await selectSecrets(tx)).length >= MOST)
      throw conflict(`a workspace has at most ${MOST} secrets`, { hint: 'remove one that nobody needs' });
    const now = tx.clock.now();
    const id = before?.id ?? newId(now);
    const version = (before?.version ?? 0) + 1;
    const row: SecretRow = {
      id,
      workspace: tx.workspace,
      environment,
      name,
      version,
      pipelines: JSON.stringify(pipelines),
      master: master.name,
      ...sealValue(master.key, value, { workspace: tx.workspace, environment, id, version }),
      created_at: before?.created_at ?? now,
      updated_at: now,
      updated_by: tx.actor.name,
    };
    await saveSecret(tx, row);
    const resource = resourceOf(row);
    await tx.record({ action: 'secret.set', resource, after: { version, pipelines } });
    await tx.emit({ type: 'secret.set', subject: resource });
    return toSecret(row);
  });
}

export async function deleteSecret(ctx: Ctx, environment: string, name: string): Promise<void> {
  await ctx.write(async (tx) => {
    const row = await findSecret(tx, environment, name);
    if (!row) throw noSecret(name, environment);
    await removeSecret(tx, row.id);
    const resource = resourceOf(row);
    await tx.record({ action: 'secret.removed', resource, before: { version: row.version } });
    await tx.emit({ type: 'secret.removed', subject: resource });
  });
}

/** Everything under the newest key alone. Cut short anywhere, both keys are there, and it is done again. */
export async function rotate(house: Ctx, masters: Masters): Promise<{ key: string; secrets: number }> {
  const { name, key } = masters.add();
  const secrets = await house.write(async (tx) => {
    const rows = await selectEverySecret(tx);
    for (const row of rows)
      await rewrap(tx, row.id, {
        master: name,
        wrapped: wrapAnew(keyOf(masters, row), key, row.wrapped, row),
      });
    await tx.record({
      action: 'secrets_key.rotated',
      resource: `secrets_key:${name}`,
      after: { secrets: rows.length },
    });
    await tx.emit({ type: 'secrets_key.rotated', subject: `secrets_key:${name}` });
    return rows.length;
  });
  masters.prune();
  return { key: name, secrets };
}

/** What a step names: `DB_URL`, or `staging:DB_URL` of an environment. It gets it in a variable without the environment. */
export const partsOf = (named: string): { environment: string; name: string } => {
  const at = named.indexOf(':');
  return { environment: at < 0 ? '' : named.slice(0, at), name: named.slice(at + 1) };
};

/** Which values steps would get, without them: for what may be taken from a cache. */
export async function labelsOf(ctx: Ctx, names: readonly string[]): Promise<Record<string, string>> {
  const labels: Record<string, string> = {};
  for (const named of names) {
    const { environment, name } = partsOf(named);
    const row = await findSecret(ctx, environment, name);
    labels[named] = row ? `${row.id}/${row.version}` : '';
  }
  return labels;
}

/** The values, for the steps of a pipeline that may name them, by the variables that they come in. */
export async function valuesFor(
  ctx: Ctx,
  masters: Masters,
  pipeline: string,
  names: readonly string[],
): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const named of names) {
    const { environment, name } = partsOf(named);
    const row = await findSecret(ctx, environment, name);
    if (!row) throw noSecret(name, environment);
    if (!toSecret(row).pipelines.some((pattern) => fits(pattern, pipeline)))
      throw forbidden(`pipeline '${pipeline}' may not name the secret ${named}`, {
        field: 'secrets',
        hint: 'an admin says which pipelines may, together with its value: treadle secret set',
      });
    values[name] = openValue(keyOf(masters, row), row, row);
  }
  return values;
}

function keyOf(masters: Masters, { master, name }: SecretRow): Buffer {
  const key = masters.find(master);
  if (key) return key;
  throw conflict(`the key ${master} that secret ${name} is sealed with is not here`, {
    code: 'wrong-secrets-key',
    hint: 'put secrets.key back from where you keep a copy of it, and start the server again',
  });
}

const noSecret = (name: string, environment: string): Error =>
  missing(`there is no secret '${name}'${environment === '' ? '' : ` of environment '${environment}'`}`, {
    field: 'secret',
    hint: 'list them with: treadle secret; an admin sets one with: treadle secret set',
  });
