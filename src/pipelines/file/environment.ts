import { messageOf } from '../../platform/errors/index.ts';
import {
  readFreeze,
  readTimetable,
  readWindow,
  type FrozenTime,
  type WeeklyWindow,
} from '../../platform/schedule/index.ts';
import type { RolloutWish } from '../contract.ts';
import type { PipelineFile } from './schema.ts';
import type { Say } from './source.ts';
import { milliseconds } from './units.ts';

/** An environment that the file says, in the words of the room that has them. No run sets it: that is an admin's to do. */
export interface DeclaredEnvironment {
  name: string;
  terms: {
    endpoints?: string;
    models?: Record<string, string>;
    variables?: Record<string, string>;
    windows?: WeeklyWindow[];
    time_zone?: string;
    position?: number;
    freezes?: FrozenTime[];
    hold_min?: number;
    rollout?: RolloutWish;
  };
}

type Rollout = NonNullable<PipelineFile['deploy']>['rollout'];

/** `environments:` of a file, in their order. */
export function resolveEnvironments(
  { environments = {} }: PipelineFile,
  say: Say,
  rolloutOf: (rollout: Rollout, at: string) => RolloutWish | undefined,
): DeclaredEnvironment[] {
  return Object.entries(environments).map(([name, { windows = [], freezes, hold, rollout, ...rest }]) => {
    const at = `environments.${name}`;
    const read = windows.flatMap((text, i) => {
      try {
        return [readWindow(text)];
      } catch (error) {
        say('error', `${at}.windows.${i}`, 'value', messageOf(error), 'write it as mon-fri 09:00-17:00');
        return [];
      }
    });
    const frozen = freezes?.flatMap((text, i) => {
      try {
        return [readFreeze(text, rest.time_zone)];
      } catch (error) {
        say(
          'error',
          `${at}.freezes.${i}`,
          'value',
          messageOf(error),
          "write it as '2026-12-20/2027-01-03 holidays'",
        );
        return [];
      }
    });
    if (rest.time_zone !== undefined)
      try {
        readTimetable('0 0 * * *', rest.time_zone);
      } catch (error) {
        say('error', `${at}.time_zone`, 'value', messageOf(error), 'use an IANA name such as Europe/Berlin');
      }
    const wish = rolloutOf(rollout, `${at}.rollout`);
    return {
      name,
      terms: {
        ...rest,
        ...(read.length === 0 ? {} : { windows: read }),
        ...(frozen ? { freezes: frozen } : {}),
        ...(hold === undefined ? {} : { hold_min: milliseconds(hold) / 60_000 }),
        ...(wish ? { rollout: wish } : {}),
      },
    };
  });
}
