import { useMutation } from '@tanstack/react-query';
import { useId, type FormEvent, type ReactElement, type ReactNode } from 'react';
import { ApiError } from '../api/client.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { describe } from './toast.tsx';

interface AskProps {
  title: string;
  description?: ReactNode;
  /** The verb on the button: "Revoke", "Set alias". */
  action: string;
  danger?: boolean;
  /** Does it; what it throws is said in the dialog, which stays open. */
  run(): Promise<unknown>;
  onClose(): void;
  disabled?: boolean;
  children?: ReactNode | ((error: (field: string) => string | undefined) => ReactNode);
}

/** A dialog that asks before it does something, with the fields that the doing needs. Mount it to open it. */
export function Ask({
  title,
  description,
  action,
  danger = false,
  run,
  onClose,
  disabled = false,
  children,
}: AskProps): ReactElement {
  const id = useId();
  const doing = useMutation({ mutationFn: run, onSuccess: onClose });
  const errorOf = (field: string) =>
    doing.error instanceof ApiError && doing.error.field === field ? describe(doing.error) : undefined;
  const shownByField =
    doing.error instanceof ApiError && doing.error.field !== undefined && typeof children === 'function';
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      {...(description === undefined ? {} : { description })}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            form={id}
            look={danger ? 'danger' : 'primary'}
            disabled={doing.isPending || disabled}
          >
            {action}
          </Button>
        </>
      }
    >
      <form
        id={id}
        className="stack"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          if (!doing.isPending && !disabled) doing.mutate();
        }}
      >
        {typeof children === 'function' ? children(errorOf) : children}
        {doing.error !== null && !shownByField && (
          <p className="field-error" role="alert">
            {describe(doing.error)}
          </p>
        )}
      </form>
    </Dialog>
  );
}
