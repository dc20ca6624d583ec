import { useState, type ReactElement } from 'react';
import { getRun, updateRun, type Run } from '../../../src/tracking/contract.ts';
import { api, call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { Ask } from '../kit/confirm.tsx';
import { TextField } from '../kit/field.tsx';

export function RenameDialog({ run, onClose }: { run: Run; onClose(): void }): ReactElement {
  const [name, setName] = useState(run.name);
  const save = async () => {
    const changed = await call(updateRun, { params: { run: run.id }, body: { name: name.trim() } });
    queries.setQueryData(api(getRun, { params: { run: run.id } }).queryKey, changed);
  };
  return (
    <Ask title="Rename the run" action="Rename" run={save} onClose={onClose} disabled={name.trim() === ''}>
      {(error) => (
        <TextField
          label="Name"
          value={name}
          maxLength={250}
          error={error('name')}
          onChange={(event) => setName(event.target.value)}
        />
      )}
    </Ask>
  );
}
