import { useMutation } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { Button } from '../kit/button.tsx';
import { TextArea } from '../kit/field.tsx';
import { describe } from '../kit/toast.tsx';

/** A description that a person can write; shown as they wrote it. */
export function Described(props: {
  what: string;
  text: string | undefined;
  save(text: string): Promise<unknown>;
}): ReactElement {
  const [draft, setDraft] = useState<string>();
  const saving = useMutation({ mutationFn: props.save, onSuccess: () => setDraft(undefined) });
  if (draft === undefined) {
    return (
      <div className="described">
        {props.text ? (
          <p className="described-text">{props.text}</p>
        ) : (
          <p className="faint">No description.</p>
        )}
        <Button look="quiet" icon="note" onClick={() => setDraft(props.text ?? '')}>
          {props.text ? 'Edit' : 'Describe it'}
        </Button>
      </div>
    );
  }
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        saving.mutate(draft);
      }}
    >
      <TextArea
        label={`What ${props.what} is and is not for`}
        value={draft}
        maxLength={100_000}
        rows={5}
        // oxlint-disable-next-line jsx-a11y/no-autofocus -- the person has just asked to write
        autoFocus
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setDraft(undefined);
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) saving.mutate(draft);
        }}
        error={saving.error === null ? undefined : describe(saving.error)}
      />
      <div className="row">
        <Button type="submit" look="primary" disabled={saving.isPending}>
          Save
        </Button>
        <Button onClick={() => setDraft(undefined)}>Cancel</Button>
      </div>
    </form>
  );
}
