import { randomBytes } from 'node:crypto';
import { Type } from 'typebox';
import { Check } from 'typebox/value';
import type { Ctx } from '../platform/ctx/index.ts';
import { invalid, TreadleError } from '../platform/errors/index.ts';
import { isGenuine, isSigned } from '../platform/origin/index.ts';
import { DEFAULTS } from './contract.ts';
import type { Engine } from './engine.ts';
import { fire } from './fire.ts';
import { settingsOf } from './settings.ts';
import { findLoopAnywhere, requireLoop, updateLoop } from './store.ts';
import { readTrigger } from './triggers.ts';

/** What of a push GitHub, GitLab, Gitea and Forgejo say alike; everything else in it is left alone. */
const Push = Type.Object({
  ref: Type.String({ pattern: '^refs/', maxLength: 500 }),
  after: Type.String({ pattern: '^[0-9a-f]{40,64}$' }),
  pusher: Type.Optional(Type.Object({ name: Type.Optional(Type.String()) })),
  user_name: Type.Optional(Type.String()),
});

interface Incoming {
  id: string;
  headers: Readonly<Record<string, string | undefined>>;
  body: AsyncIterable<Uint8Array>;
}

/** A push to Git, told by a webhook whose secret is right. Who cannot show it hears the same whether or not the loop is there. */
export async function hearPush(
  anyone: Ctx,
  engine: Engine,
  { id, headers, body }: Incoming,
): Promise<{ said: string; turns: string[] }> {
  if (!isSigned(headers)) throw notGenuine();
  const loop = await findLoopAnywhere(anyone, id);
  if (loop?.secret === undefined || loop.secret === null) throw notGenuine();
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  if (!isGenuine(loop.secret, headers, bytes, anyone.clock.now())) throw notGenuine();
  if (headers['x-github-event'] === 'ping') return { said: `loop '${loop.name}' hears you`, turns: [] };
  const push = readPush(bytes);
  const branch = push.ref.replace(/^refs\/heads\//, '');
  if (branch === push.ref) return { said: 'no branch was pushed to', turns: [] };
  if (/^0+$/.test(push.after)) return { said: `branch '${branch}' was deleted`, turns: [] };
  const triggers = settingsOf(loop).triggers.filter(
    (one) => one.kind === 'push' && (one.branch ?? DEFAULTS.branch) === branch,
  );
  if (triggers.length === 0)
    return { said: `loop '${loop.name}' does not turn by pushes to '${branch}'`, turns: [] };
  const who = (push.pusher?.name ?? push.user_name ?? 'somebody').slice(0, 100);
  const ctx = anyone.as({
    workspace: loop.workspace,
    actor: { kind: 'system', id: 'push', name: 'a push', role: 'viewer' },
  });
  const turns = await ctx.write(async (tx) => {
    const made: string[] = [];
    for (const trigger of triggers) {
      const turn = await fire(tx, engine, loop, {
        trigger: readTrigger(trigger, 'trigger'),
        kind: 'push',
        // Delivered again, or told by two hooks, it is the same push.
        occurrence: `${branch}:${push.after}`,
        cause: `${who} pushed ${push.after.slice(0, 10)} to ${branch}`,
      });
      if (turn !== undefined) made.push(turn);
    }
    return made;
  });
  return { said: turns.length > 0 ? `loop '${loop.name}' turns` : 'this push was heard before', turns };
}

function readPush(bytes: Buffer) {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw invalid('the body is no JSON', {
      field: 'body',
      hint: 'choose application/json as the content type of the webhook',
    });
  }
  if (Check(Push, value)) return value;
  throw invalid('the body is no push: it has no ref and no commit after it', {
    field: 'body',
    hint: 'send push events alone',
  });
}

const notGenuine = (): TreadleError =>
  new TreadleError('unauthenticated', 'the webhook does not show the secret of this loop', {
    hint: 'make one with: treadle loop secret LOOP, and enter it where the webhook is set up',
  });

/** A fresh secret; the one before it is worth nothing from then on. Shown once. */
export async function makeSecret(ctx: Ctx, name: string): Promise<{ secret: string; path: string }> {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const id = await ctx.write(async (tx) => {
    const loop = await requireLoop(tx, name);
    await updateLoop(tx, loop.id, { secret, updated_at: tx.clock.now() });
    const resource = `loop:${loop.id}`;
    await tx.record({ action: 'loop.secret_made', resource });
    await tx.emit({ type: 'loop.changed', subject: resource, data: { loop: name } });
    return loop.id;
  });
  return { secret, path: hookPath(id) };
}

export const hookPath = (id: string): string => `/api/v1/hooks/loops/${id}`;
