import { Toast as Base } from '@base-ui/react/toast';
import type { ReactElement } from 'react';
import { ApiError } from '../api/client.ts';
import { Button } from './button.tsx';
import './toast.css';

const manager = Base.createToastManager();

/** Says shortly that something happened; read aloud by screen readers. */
export function say(title: string, description?: string): void {
  manager.add({ title, ...(description === undefined ? {} : { description }) });
}

/** Says what failed and what to do; stays longer, and is read aloud at once. */
export function sayError(title: string, error: unknown): void {
  manager.add({ title, description: describe(error), type: 'error', priority: 'high', timeout: 12_000 });
}

export function describe(error: unknown): string {
  if (error instanceof ApiError && error.hint !== undefined) return `${error.message}. ${error.hint}`;
  return error instanceof Error ? error.message : String(error);
}

export function Toasts(): ReactElement {
  return (
    <Base.Provider toastManager={manager} limit={4}>
      <Base.Portal>
        <Base.Viewport className="toasts">
          <List />
        </Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  );
}

function List(): ReactElement[] {
  const { toasts } = Base.useToastManager();
  return toasts.map((toast) => (
    <Base.Root
      key={toast.id}
      toast={toast}
      className={`toast${toast.type === 'error' ? ' toast-error' : ''}`}
    >
      <Base.Content className="toast-content">
        <div>
          <Base.Title className="toast-title" />
          <Base.Description className="toast-text" />
        </div>
        {/* Always seen and reached by keys here, so never hidden from screen readers as in a stack that is folded. */}
        <Base.Close aria-hidden={false} render={<Button look="quiet" icon="close" label="Dismiss" />} />
      </Base.Content>
    </Base.Root>
  ));
}
