import { Dialog as Base } from '@base-ui/react/dialog';
import type { ReactElement, ReactNode } from 'react';
import { Button } from './button.tsx';
import './popup.css';

interface DialogProps {
  open: boolean;
  onClose(): void;
  title: string;
  description?: ReactNode;
  children: ReactNode;
  /** Buttons at the foot; the last one is the thing to do. */
  actions?: ReactNode;
}

export function Dialog({ open, onClose, title, description, children, actions }: DialogProps): ReactElement {
  return (
    <Base.Root open={open} onOpenChange={(now) => (now ? undefined : onClose())}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Viewport className="dialog-viewport">
          <Base.Popup className="dialog">
            <Base.Title className="dialog-title">{title}</Base.Title>
            {description !== undefined && (
              <Base.Description className="muted">{description}</Base.Description>
            )}
            {children}
            {actions !== undefined && <footer className="dialog-actions">{actions}</footer>}
            {/* Last, so that the focus begins at the first thing to do. */}
            <Base.Close
              render={<Button look="quiet" icon="close" label="Close" className="dialog-close" />}
            />
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  );
}
