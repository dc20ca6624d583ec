import { Link } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { changeRuns } from '../../../src/tracking/contract.ts';
import { call, type CallInput } from '../api/client.ts';
import { Button, buttonClass } from '../kit/button.tsx';
import { Dialog } from '../kit/dialog.tsx';
import { TextField } from '../kit/field.tsx';
import { plural } from '../kit/format.ts';
import { Menu } from '../kit/menu.tsx';
import { say, sayError } from '../kit/toast.tsx';
import { STAR_TAG } from './work-state.ts';

/** One request takes so many. */
const AT_ONCE = 1000;

type Change = Omit<CallInput<typeof changeRuns>['body'], 'runs'>;

/** Says whether it was done. */
export async function change(runs: readonly string[], what: Change, told: string): Promise<boolean> {
  try {
    for (let at = 0; at < runs.length; at += AT_ONCE)
      await call(changeRuns, { body: { runs: runs.slice(at, at + AT_ONCE), ...what } });
    say(told);
    return true;
  } catch (error) {
    sayError('The runs could not be changed', error);
    return false;
  }
}

/** What can be done with the ticked runs. */
export function SelectionBar(props: {
  runs: readonly string[];
  /** Ticked ones that do not stand in the table now: nothing is done to what nobody sees. */
  hidden: number;
  state: 'deleted' | 'all' | undefined;
  tagKeys: readonly string[];
  onClear(): void;
  onDone(): void;
}): ReactElement {
  const { runs, state, onClear, onDone } = props;
  const none = runs.length === 0;
  const [tagging, setTagging] = useState(false);
  const count = plural(runs.length, 'run');
  const act = (what: Change, told: string, then: () => void = onDone) =>
    void change(runs, what, told).then((done) => done && then());
  const gone = () => {
    onClear();
    onDone();
  };
  return (
    <div className="selection-bar" role="status">
      {count} selected{props.hidden > 0 && `, and ${props.hidden} that are not shown stay as they are`}
      <span className="spacer" />
      {runs.length > 1 && (
        <Link to="/compare" search={{ runs: [...runs] }} className={buttonClass('primary')}>
          Compare
        </Link>
      )}
      <Button
        icon="star"
        disabled={none || state === 'deleted'}
        onClick={() => act({ tags: { [STAR_TAG]: 'true' } }, `${count} starred`)}
      >
        Star
      </Button>
      <Button icon="tag" disabled={none || state === 'deleted'} onClick={() => setTagging(true)}>
        Tag
      </Button>
      <Menu
        trigger={<Button icon="more" label="More for the selected runs" />}
        entries={[
          {
            key: 'unstar',
            label: 'Take the star away',
            act: () => act({ remove_tags: [STAR_TAG] }, `${count} without a star`),
          },
          state === 'deleted'
            ? {
                key: 'restore',
                label: 'Restore',
                act: () => act({ state: 'active' }, `${count} restored`, gone),
              }
            : {
                key: 'delete',
                label: 'Delete',
                danger: true,
                act: () => act({ state: 'deleted' }, `${count} deleted; they can be restored`, gone),
              },
        ]}
      />
      <Button look="quiet" onClick={onClear}>
        Clear
      </Button>
      {tagging && (
        <TagDialog
          count={count}
          keys={props.tagKeys}
          onClose={() => setTagging(false)}
          onTag={(what, told) =>
            act(what, told, () => {
              setTagging(false);
              onDone();
            })
          }
        />
      )}
    </div>
  );
}

function TagDialog(props: {
  count: string;
  keys: readonly string[];
  onClose(): void;
  onTag(what: Change, told: string): void;
}): ReactElement {
  const { count, onTag } = props;
  const [key, setKey] = useState('');
  const [value, setValue] = useState('');
  const name = key.trim();
  return (
    <Dialog
      open
      onClose={props.onClose}
      title={`Tag ${count}`}
      actions={
        <>
          <Button
            disabled={name === ''}
            onClick={() => onTag({ remove_tags: [name] }, `${name} taken from ${count}`)}
          >
            Take the tag away
          </Button>
          <Button
            look="primary"
            disabled={name === ''}
            onClick={() => onTag({ tags: { [name]: value } }, `${count} tagged ${name}`)}
          >
            Tag
          </Button>
        </>
      }
    >
      <div className="stack">
        <TextField
          label="Key"
          value={key}
          list="tag-keys"
          onChange={(event) => setKey(event.target.value)}
          hint="Letters, digits, _ - . space : and /"
        />
        <datalist id="tag-keys">
          {props.keys.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </datalist>
        <TextField label="Value" value={value} onChange={(event) => setValue(event.target.value)} />
      </div>
    </Dialog>
  );
}
