import type { ReactElement } from 'react';

/** A hash as people compare it: its beginning and its end. The whole is in the title and in what is copied. */
export function HashText({ hash, whole = false }: { hash: string; whole?: boolean }): ReactElement {
  return (
    <code className="hash" title={hash}>
      {whole || hash.length <= 18 ? hash : `${hash.slice(0, 10)}…${hash.slice(-6)}`}
    </code>
  );
}
