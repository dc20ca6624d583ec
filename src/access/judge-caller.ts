import type { Ctx } from '../platform/ctx/index.ts';
import { TreadleError } from '../platform/errors/index.ts';
import { authenticate, type Credentials } from './authenticate.ts';
import { decide } from './decide.ts';
import type { Passwords } from './people/passwords.ts';

/** Who asks a model, as another process can keep it. */
export type CallerJudgement =
  | {
      ok: true;
      workspace: string;
      may: boolean;
      /** Only those whose names fit one of these: what grants say. */
      endpoints?: readonly string[];
      name: string;
      until?: number;
    }
  | { ok: false; status: 401 | 403; message: string };

/** Asking a model reads: it changes nothing, so a viewer's token is enough for a program in production. */
export async function judgeCaller(
  ctx: Ctx,
  credentials: Credentials,
  ownerAllowed: boolean,
  passwords?: Passwords,
): Promise<CallerJudgement> {
  try {
    const { actor, workspace, until } = await authenticate(ctx, credentials, ownerAllowed, passwords);
    const all = decide(actor, 'prediction:read').allowed;
    const endpoints = all ? [] : (actor.grants?.patterns('endpoint') ?? []);
    return {
      ok: true,
      workspace,
      may: all || endpoints.length > 0,
      ...(all ? {} : { endpoints }),
      name: actor.name,
      ...(until === undefined ? {} : { until }),
    };
  } catch (error) {
    if (!(error instanceof TreadleError)) throw error;
    const { kind, message, hint } = error;
    return {
      ok: false,
      status: kind === 'unauthenticated' ? 401 : 403,
      message: hint === undefined ? message : `${message}; ${hint}`,
    };
  }
}
