import type { ReactElement } from 'react';
import type { ShownTrigger } from '../../../src/loops/contract.ts';
import { formatTime } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { NextTime } from './next-time.tsx';
import { triggerWords } from './turn-words.ts';

/** What turns a loop: each with its next times, where it stands, and what should be known of it. */
export function Triggers({
  triggers,
  active,
}: {
  triggers: readonly ShownTrigger[];
  active: boolean;
}): ReactElement {
  return (
    <ul className="loop-triggers">
      {triggers.map(({ name, trigger, next, doubts, standing }) => (
        <li key={name}>
          <span className="row row-wrap">
            <strong>{triggerWords([trigger])}</strong>
            <span className="spacer" />
            {next[0] !== undefined && <NextTime at={next[0]} off={!active} />}
          </span>
          {next.length > 1 && <span className="faint">then {next.slice(1).map(shown).join(' · ')}</span>}
          {trigger.catch_up !== undefined && (
            <span className="faint">of times that were missed: {trigger.catch_up}</span>
          )}
          {standing !== undefined && <span className="muted">{standing}</span>}
          {doubts.map((doubt) => (
            <span key={doubt} className="row loop-doubt">
              <Icon name="alert" size={14} />
              {doubt}
            </span>
          ))}
        </li>
      ))}
      <li>
        <strong>by hand</strong>
        <span className="faint">with a reason; neither cooldown nor budget holds a person up</span>
      </li>
    </ul>
  );
}

/** To the minute: schedules have no seconds. */
const shown = (at: number): string => formatTime(at).slice(0, 16);
