import type { ReactElement } from 'react';
import { ApiError } from '../api/client.ts';
import { Button } from './button.tsx';
import { Icon } from './icons.tsx';
import './failure.css';

/** What went wrong in a part of the page, what to do about it, and a way to try again. */
export function Failure({
  error,
  retry,
  title,
}: {
  error: unknown;
  retry?: () => void;
  title?: string;
}): ReactElement {
  const known = error instanceof ApiError ? error : undefined;
  const message = error instanceof Error ? error.message : String(error);
  return (
    <div className="failure" role="alert">
      <Icon name="alert" size={20} />
      <div className="stack">
        <div>
          <h2>{title ?? (known?.status === 404 ? 'This is not here' : 'This could not be shown')}</h2>
          <p>{capital(message)}.</p>
          {known?.hint !== undefined && <p className="muted">{capital(known.hint)}.</p>}
          {known?.requestId !== undefined && known.status >= 500 && (
            <p className="faint">
              Request <code>{known.requestId}</code> in the server log.
            </p>
          )}
        </div>
        {retry && known?.status !== 404 && (
          <div>
            <Button onClick={retry}>Try again</Button>
          </div>
        )}
      </div>
    </div>
  );
}

function capital(text: string): string {
  if (text.startsWith('treadle ')) return text; // a command is written as it is typed
  return text.charAt(0).toUpperCase() + text.slice(1).replace(/\.$/, '');
}
