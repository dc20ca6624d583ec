import { forbidden, unauthenticated } from '../../../platform/errors/index.ts';
import { cameThroughProxy } from '../../../platform/origin/index.ts';
import { partOf, type Credentials, type PlaneDoor } from '../../../serving/index.ts';

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

/** A caller who may ask: where they work, and by what name their requests are counted together. */
export interface Admitted {
  /** Or the part of it that they may ask. */
  workspace: string;
  caller: string;
}

/** Those who ask for health alone. */
export const NOBODY: Admitted = { workspace: 'default', caller: '' };

/** Who asks, by header, or why they may not. `done` may be called before this returns. */
export function enter(
  door: Pick<PlaneDoor, 'authenticate'>,
  header: (name: string) => string | undefined,
  done: (error: Error | undefined, admitted: Admitted) => void,
): void {
  door.authenticate(credentialsOf(header), (verdict) => {
    if (!verdict.ok)
      return done((verdict.status === 401 ? unauthenticated : forbidden)(verdict.message), NOBODY);
    const { workspace, name, may, endpoints } = verdict;
    if (!may)
      return done(
        forbidden(`'${name}' may not ask for predictions`, {
          hint: 'ask an admin for a token with a higher role',
        }),
        NOBODY,
      );
    done(undefined, { workspace: partOf(workspace, endpoints), caller: `${workspace}/${name}` });
  });
}
