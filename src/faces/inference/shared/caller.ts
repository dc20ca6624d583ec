import { forbidden, unauthenticated } from '../../../platform/errors/index.ts';
import type { PlaneDoor } from '../../../serving/index.ts';

/** Who asks, by header: their workspace, or why not. `done` may be called before this returns. */
export function enter(
  door: PlaneDoor,
  header: (name: string) => string | undefined,
  done: (error: Error | undefined, workspace: string) => void,
): void {
  const named = header('x-treadle-workspace') ?? header('x-mlflow-workspace');
  door.authenticate(header('authorization'), named, (verdict) => {
    if (!verdict.ok) return done((verdict.status === 401 ? unauthenticated : forbidden)(verdict.message), '');
    if (!verdict.may) return done(forbidden(`'${verdict.name}' may not ask for predictions`), '');
    done(undefined, verdict.workspace);
  });
}
