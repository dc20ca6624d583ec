import { Link } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { updateExperiment } from '../../../src/tracking/contract.ts';
import { call } from '../api/client.ts';
import { Button } from '../kit/button.tsx';
import { CopyButton } from '../kit/code-block.tsx';
import { Popover } from '../kit/popover.tsx';
import { say, sayError } from '../kit/toast.tsx';
import { parseSearch } from '../kit/url-state.ts';
import { viewsOf, viewTag } from './work-state.ts';

/** Views of this experiment that somebody gave a name: links, kept with the experiment for all who read it. */
export function ViewsMenu(props: {
  experiment: string;
  tags: Readonly<Record<string, string>>;
  /** Of what is shown now. */
  address: string;
}): ReactElement {
  const { experiment, address } = props;
  const views = viewsOf(props.tags);
  const now = views.find((view) => view.address === address);
  const [name, setName] = useState('');
  const change = async (body: { tags?: Record<string, string>; remove_tags?: string[] }, told: string) => {
    try {
      await call(updateExperiment, { params: { experiment }, body });
      say(told);
    } catch (error) {
      sayError('The view could not be kept', error);
    }
  };
  return (
    <Popover
      title="Views of this experiment"
      trigger={<Button icon="link">{now === undefined ? 'Views' : now.name}</Button>}
    >
      {views.length === 0 ? (
        <p className="muted small">None has a name yet. The address always holds all that is shown.</p>
      ) : (
        <ul className="views">
          {views.map((view) => (
            <li key={view.name}>
              <Link
                to="/experiments/$experiment"
                params={{ experiment }}
                search={parseSearch(view.address)}
                aria-current={view === now ? 'true' : undefined}
                className="truncate"
              >
                {view.name}
              </Link>
              <CopyButton
                text={`${window.location.origin}${window.location.pathname}${view.address}`}
                label={`Copy the link of ${view.name}`}
              />
              <Button
                look="quiet"
                icon="trash"
                label={`Forget ${view.name}`}
                onClick={() =>
                  void change({ remove_tags: [viewTag(view.name)] }, `${view.name} is forgotten`)
                }
              />
            </li>
          ))}
        </ul>
      )}
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() === '') return;
          void change({ tags: { [viewTag(name)]: address } }, `${name.trim()} is kept`);
          setName('');
        }}
      >
        <input
          className="input"
          aria-label="Name of this view"
          placeholder="Name what is shown now"
          value={name}
          maxLength={200}
          onChange={(event) => setName(event.target.value)}
        />
        <Button type="submit" look="primary" disabled={name.trim() === ''}>
          {views.some((view) => view.name === name.trim()) ? 'Replace' : 'Keep'}
        </Button>
      </form>
    </Popover>
  );
}
