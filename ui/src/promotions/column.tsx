import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { GitOps } from '../../../src/gitops/contract.ts';
import type { BoardCell, Environment, OnTheWay } from '../../../src/promotions/contract.ts';
import { Badge, Status } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { formatDuration, formatTime } from '../kit/format.ts';
import { TimeAgo } from '../kit/time.tsx';
import { GitState } from './git-state.tsx';

/** One environment: what holds for it, what is on its way there, and what answers. */
export function Column({
  environment,
  cells,
  onTheWay,
  git,
  edit,
  promote,
}: {
  environment: Environment;
  cells: readonly BoardCell[];
  onTheWay: readonly OnTheWay[];
  git: GitOps | undefined;
  edit?: () => void;
  promote(cell: BoardCell): void;
}): ReactElement {
  const { name, terms, open, opens_at, closed } = environment;
  return (
    <section className="environment-column panel" aria-label={name}>
      <header>
        <h2>{name}</h2>
        {open ? (
          <Badge tone="good" dot>
            open
          </Badge>
        ) : (
          <Badge tone="warn" dot>
            closed
          </Badge>
        )}
        {edit && <Button look="quiet" icon="note" label={`Change ${name}`} onClick={edit} />}
      </header>
      <p className="environment-terms">
        <code>{terms.endpoints}</code>
        {terms.hold_min > 0 && <> · holds {formatDuration(terms.hold_min * 60_000)}</>}
        {terms.rollout && <> · step by step</>}
      </p>
      {!open && (
        <p className="environment-terms">
          {opens_at === undefined
            ? `Closed: ${closed ?? ''}`
            : `Opens ${formatTime(opens_at)}: ${closed ?? ''}`}
        </p>
      )}
      {git && <GitState git={git} />}
      <ul className="environment-cells">
        {onTheWay.map((one) => (
          <li key={one.release} className="environment-card environment-coming">
            <div className="environment-what">
              <Link to="/releases/$release" params={{ release: one.release }}>
                {one.model} v{one.version}
              </Link>
              <Status status={one.state} />
            </div>
            <p>
              on its way to {one.endpoint}, <TimeAgo time={one.since} />
              {one.says !== undefined && <>: {one.says}</>}
            </p>
            {one.state === 'awaiting_approval' && <Link to="/requests">What waits for approval</Link>}
          </li>
        ))}
        {cells.map((cell) => (
          <li key={cell.endpoint} className="environment-card">
            <Answers cell={cell} promote={promote} />
          </li>
        ))}
      </ul>
      {cells.length === 0 && onTheWay.length === 0 && <p className="faint">Nothing answers here.</p>}
    </section>
  );
}

function Answers({ cell, promote }: { cell: BoardCell; promote(cell: BoardCell): void }): ReactElement {
  const { model, version, endpoint, since, held_ms, beside, next } = cell;
  return (
    <>
      <div className="environment-what">
        <Link to="/models/$model/versions/$version" params={{ model, version: String(version) }}>
          {model} v{version}
        </Link>
        <Link to="/endpoints/$endpoint" params={{ endpoint }} className="faint">
          {endpoint}
        </Link>
      </div>
      <p>
        since <TimeAgo time={since} />
        {held_ms >= 1000 && <>, in all {formatDuration(held_ms)}</>}
      </p>
      {beside.map((one) => (
        <p key={one.role}>
          {one.role}: {one.model} v{one.version}, {one.percent} %
        </p>
      ))}
      {next &&
        (next.there ? (
          <p className="faint">answers in {next.environment}, too</p>
        ) : next.ok ? (
          <div>
            <Button icon="right" onClick={() => promote(cell)}>
              Promote to {next.environment}
            </Button>
          </div>
        ) : (
          <p>
            Not to {next.environment} yet: {next.why}
          </p>
        ))}
    </>
  );
}
