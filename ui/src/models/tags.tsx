import { useState, type ReactElement } from 'react';
import { Button } from '../kit/button.tsx';
import { Ask } from '../kit/confirm.tsx';
import { TextField } from '../kit/field.tsx';
import { Icon } from '../kit/icons.tsx';
import { sayError } from '../kit/toast.tsx';
import '../kit/badge.css';

interface Props {
  tags: Readonly<Record<string, string>>;
  set(key: string, value: string): Promise<unknown>;
  remove(key: string): Promise<unknown>;
}

/** MLflow and Treadle keep marks of their own as tags; people's are what people want to see. */
const own = (key: string) => !/^(mlflow|treadle)\./.test(key);

export function Tags({ tags, set, remove }: Props): ReactElement {
  const [adding, setAdding] = useState(false);
  const [key, setKey] = useState('');
  const [value, setValue] = useState('');
  return (
    <span className="row row-wrap tag-list">
      {Object.entries(tags)
        .filter(([name]) => own(name))
        .toSorted(([a], [b]) => a.localeCompare(b))
        .map(([name, text]) => (
          <span key={name} className="badge tag" title={`${name}: ${text}`}>
            <span className="faint">{name}</span> <span className="truncate">{text}</span>
            <button
              type="button"
              className="alias-remove"
              aria-label={`Remove tag ${name}`}
              title={`Remove tag ${name}`}
              onClick={() =>
                void remove(name).catch((error: unknown) => sayError(`Tag ${name} stays`, error))
              }
            >
              <Icon name="close" size={11} />
            </button>
          </span>
        ))}
      <Button look="quiet" icon="plus" onClick={() => setAdding(true)}>
        Tag
      </Button>
      {adding && (
        <Ask
          title="Set a tag"
          action="Set tag"
          disabled={key.trim() === ''}
          run={async () => {
            await set(key.trim(), value);
            setKey('');
            setValue('');
          }}
          onClose={() => setAdding(false)}
        >
          {(error) => (
            <>
              <TextField
                label="Key"
                placeholder="owner"
                value={key}
                maxLength={250}
                onChange={(event) => setKey(event.target.value)}
                error={error('key')}
              />
              <TextField
                label="Value"
                value={value}
                maxLength={5000}
                onChange={(event) => setValue(event.target.value)}
                error={error('value')}
              />
            </>
          )}
        </Ask>
      )}
    </span>
  );
}
