import { useEffect, type ReactElement, type ReactNode } from 'react';
import { Icon, type IconName } from './icons.tsx';
import './page.css';
import './parts.css';

interface PageProps {
  title: string;
  /** What is drawn as the heading where it is more than the title's words. */
  heading?: ReactNode;
  /** One quiet line below. */
  lead?: ReactNode;
  /** Where this page lies: links, outermost first. */
  trail?: ReactNode;
  actions?: ReactNode;
  /** The page fills the window and scrolls inside, as big tables do. */
  fill?: boolean;
  children: ReactNode;
}

export function Page({
  title,
  heading,
  lead,
  trail,
  actions,
  fill = false,
  children,
}: PageProps): ReactElement {
  useEffect(() => {
    document.title = `${title} · Treadle`;
  }, [title]);
  return (
    <div className={fill ? 'page page-fill' : 'page'}>
      <header className="page-head">
        <div className="page-titles">
          {trail !== undefined && (
            <nav className="trail" aria-label="Where this is">
              {trail}
            </nav>
          )}
          <h1>{heading ?? title}</h1>
          {lead !== undefined && <div className="page-lead">{lead}</div>}
        </div>
        {actions !== undefined && <div className="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function Section(props: {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
  quiet?: boolean;
}): ReactElement {
  return (
    <section className={props.quiet ? 'section' : 'section panel'} aria-label={props.title}>
      <header className="section-head">
        <h2>{props.title}</h2>
        <span className="spacer" />
        {props.actions}
      </header>
      {props.children}
    </section>
  );
}

/** Nothing here yet: says why, and teaches what to do about it. */
export function Empty(props: { icon: IconName; title: string; children?: ReactNode }): ReactElement {
  return (
    <div className="empty">
      <span className="empty-icon">
        <Icon name={props.icon} size={22} />
      </span>
      <h2>{props.title}</h2>
      {props.children}
    </div>
  );
}

/** The shape of what is coming, so that nothing jumps when it comes. */
export function Skeleton({ lines = 3, height }: { lines?: number; height?: number }): ReactElement {
  return (
    <div className="skeleton" role="status" aria-label="Loading">
      {height === undefined ? (
        Array.from({ length: lines }, (_, i) => (
          <span key={i} style={{ width: `${92 - ((i * 37) % 45)}%` }} />
        ))
      ) : (
        <span style={{ height }} />
      )}
    </div>
  );
}
