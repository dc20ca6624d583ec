import { forbidden, unauthenticated } from '../../../platform/errors/index.ts';
import { cameThroughProxy } from '../../../platform/origin/index.ts';
import type { Credentials, PlaneDoor } from '../../../serving/index.ts';

/** What a request says of who sent it. */
export function credentialsOf(header: (name: string) => string | undefined): Credentials {
  const authorization = header('authorization');
  return {
    authorization,
    workspace: header('x-treadle-workspace') ?? header('x-mlflow-workspace'),
    // A token says who they are, whoever passed it on.
    proxied: authorization === undefined && cameThroughProxy(header),
  };
}

/** Who asks, by header: their workspace, or why not. `done` may be called before this returns. */
export function enter(
  door: PlaneDoor,
  header: (name: string) => string | undefined,
  done: (error: Error | undefined, workspace: string) => void,
): void {
  door.authenticate(credentialsOf(header), (verdict) => {
    if (!verdict.ok) return done((verdict.status === 401 ? unauthenticated : forbidden)(verdict.message), '');
    if (!verdict.may) return done(forbidden(`'${verdict.name}' may not ask for predictions`), '');
    done(undefined, verdict.workspace);
  });
}
