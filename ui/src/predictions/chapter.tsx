import { Link } from '@tanstack/react-router';
import type { ReactElement, ReactNode } from 'react';
import { Icon, type IconName } from '../kit/icons.tsx';

/** One station of the thread. A chapter of which nothing is known stays on the thread, hollow. */
export function Chapter(props: {
  icon: IconName;
  /** What part of the story this is: `Model version`. */
  name: string;
  /** The thing itself, as a link. */
  title: ReactNode;
  /** When, by whom. */
  when?: ReactNode;
  known?: boolean;
  entries?: readonly number[];
  children?: ReactNode;
}): ReactElement {
  const { known = true, entries = [] } = props;
  return (
    <li className={`chapter${known ? '' : ' chapter-unknown'}`}>
      <span className="chapter-sign" aria-hidden="true">
        <Icon name={props.icon} size={17} />
      </span>
      <section className="chapter-body" aria-label={props.name}>
        <header>
          <span className="chapter-name">{props.name}</span>
          <h2>{props.title}</h2>
          {props.when !== undefined && <span className="faint small">{props.when}</span>}
        </header>
        {props.children}
        {entries.length > 0 && (
          <p className="chapter-entries">
            <Icon name="ledger" size={13} />
            <span>
              In the ledger:{' '}
              {entries.slice(0, 8).map((seq, i) => (
                <span key={seq}>
                  {i > 0 && ', '}
                  <Link to="/ledger/$seq" params={{ seq: String(seq) }}>
                    #{seq}
                  </Link>
                </span>
              ))}
              {entries.length > 8 && ` and ${entries.length - 8} more`}
            </span>
          </p>
        )}
      </section>
    </li>
  );
}
