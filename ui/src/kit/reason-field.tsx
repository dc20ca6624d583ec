import type { ReactElement } from 'react';
import { TextField } from './field.tsx';

/** Asks why somebody does what a dialog is about to do. `optional` where the server does not insist. */
export function ReasonField({
  value,
  onChange,
  error,
  optional = false,
}: {
  value: string;
  onChange(value: string): void;
  error?: string | undefined;
  optional?: boolean;
}): ReactElement {
  return (
    <TextField
      label="Why"
      hint={optional ? 'Kept in the ledger, if you say it' : 'Kept in the ledger'}
      value={value}
      maxLength={2000}
      onChange={(event) => onChange(event.target.value)}
      error={error}
    />
  );
}
