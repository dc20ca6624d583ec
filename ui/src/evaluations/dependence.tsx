import type { ReactElement } from 'react';
import type { Dependence as Found } from '../../../src/validation/contract.ts';
import { Icon } from '../kit/icons.tsx';

/** Which rows go together: a fact where the gate says so, a warning where it was found. */
export function Dependence({ dependence }: { dependence: readonly Found[] }): ReactElement {
  return (
    <>
      {dependence.map(({ declared, summary }) =>
        declared ? (
          <p key={summary} className="faint">
            {first(summary)}.
          </p>
        ) : (
          <p key={summary} className="notice" role="status">
            <Icon name="alert" />
            <span>
              <strong>Correlated rows:</strong> {summary}.
            </span>
          </p>
        ),
      )}
    </>
  );
}

const first = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
