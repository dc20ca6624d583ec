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
          <h2>{title ?? headline(known?.status)}</h2>
          <p>{capital(message)}.</p>
          {known?.hint !== undefined && <p className="muted">{capital(known.hint)}.</p>}
          {known?.requestId !== undefined && known.status >= 500 && (
            <p className="faint">
              Request <code>{known.requestId}</code> in the server log.
            </p>
          )}
        </div>
        {retry && !FINAL.has(known?.status) && (
          <div>
            <Button onClick={retry}>Try again</Button>
          </div>
        )}
      </div>
    </div>
  );
}

/** To ask again would be answered alike. */
const FINAL: ReadonlySet<number | undefined> = new Set([400, 403, 404]);

function headline(status: number | undefined): string {
  switch (status) {
    case 401:
      return 'A token is needed';
    case 403:
      return 'This is not for you to see';
    case 404:
      return 'This is not here';
    case 500:
      return 'Something went wrong inside the server';
    default:
      return 'This could not be shown';
  }
}

function capital(text: string): string {
  if (text.startsWith('treadle ')) return text; // a command is written as it is typed
  return text.charAt(0).toUpperCase() + text.slice(1).replace(/\.$/, '');
}
