import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactElement } from 'react';
import { Button } from '../kit/button.tsx';
import { Failure } from '../kit/failure.tsx';
import { formatBytes, formatCount, plural } from '../kit/format.ts';
import { useShortcut } from '../kit/shortcuts.ts';
import { sayError } from '../kit/toast.tsx';
import { SearchField } from '../kit/field.tsx';
import { searchLog, splitMatches, type LogLine } from './log-view.ts';
import { downloadLog, LogReader, TAIL } from './log-reader.ts';

interface Props {
  execution: string;
  number: number;
  pipeline: string;
  step: string;
  bytes: number;
  /** More may come. */
  going: boolean;
  find: string;
  onFind(words: string): void;
}

const LINE = 19;

/** What the step said, as it says it. */
export function Log({ execution, number, pipeline, step, bytes, going, find, onFind }: Props): ReactElement {
  // How long the log was when the page came: it decides where reading begins, once.
  const [from, setFrom] = useState(() => Math.max(0, bytes - TAIL));
  const reader = useMemo(() => new LogReader(execution, step, from), [execution, step, from]);
  const log = useSyncExternalStore(reader.watch, reader.current);
  const { lines } = log.buffer;
  const [follow, setFollow] = useState(going);
  const [at, setAt] = useState(0);
  const scroller = useRef<HTMLDivElement>(null);
  // The buffer grows in place; each moment of the log is a new object.
  // oxlint-disable-next-line react-hooks/exhaustive-deps
  const matches = useMemo(() => searchLog(lines, find), [lines, find, log]);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE,
    overscan: 20,
  });
  const last = lines.length - 1;
  useEffect(() => {
    if (follow && last >= 0) rows.scrollToIndex(last, { align: 'end' });
  }, [follow, last, log, rows]);
  const current = matches.length === 0 ? undefined : matches[Math.min(at, matches.length - 1)];
  useEffect(() => {
    if (current !== undefined && find !== '') {
      setFollow(false);
      rows.scrollToIndex(current, { align: 'center' });
    }
    // Only a new place to go to moves the page, not every line that comes.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [current, find]);
  const goOn = (by: number) =>
    setAt((now) =>
      matches.length === 0 ? 0 : (Math.min(now, matches.length - 1) + by + matches.length) % matches.length,
    );
  useShortcut('n', 'Next match in the log', () => goOn(1), matches.length > 0);
  useShortcut('N', 'Match before in the log', () => goOn(-1), matches.length > 0);
  useShortcut('f', 'Follow the log', () => setFollow((now) => !now), going);
  return (
    <div className="log">
      <div className="bar">
        <SearchField
          label="Find in the log"
          value={find}
          onChange={(words) => {
            setAt(0);
            onFind(words);
          }}
        />
        {find !== '' && (
          <>
            <span className="muted" role="status">
              {matches.length === 0
                ? 'not found'
                : `${formatCount(Math.min(at, matches.length - 1) + 1)} of ${formatCount(matches.length)}`}
            </span>
            <Button
              look="quiet"
              icon="up"
              label="Match before"
              disabled={matches.length === 0}
              onClick={() => goOn(-1)}
            />
            <Button
              look="quiet"
              icon="down"
              label="Next match"
              disabled={matches.length === 0}
              onClick={() => goOn(1)}
            />
          </>
        )}
        <span className="spacer" />
        <span className="faint">{plural(lines.length, 'line')}</span>
        {going && (
          <Button look="quiet" icon="sortdown" aria-pressed={follow} onClick={() => setFollow(!follow)}>
            Follow
          </Button>
        )}
        <Button
          look="quiet"
          icon="download"
          onClick={() =>
            void downloadLog(execution, step, `${pipeline}-${number}-${step}.log`).catch((error: unknown) =>
              sayError('The log was not downloaded', error),
            )
          }
        >
          Download
        </Button>
      </div>
      {from > 0 && (
        <p className="muted">
          The first {formatBytes(from)} are not shown.{' '}
          <Button look="quiet" onClick={() => setFrom(0)}>
            Read from the beginning
          </Button>
        </p>
      )}
      {log.error !== undefined && <Failure error={log.error} title="The log could not be read" />}
      {lines.length === 0 ? (
        <p className="muted log-none">
          {log.done ? 'It said nothing.' : going ? 'Nothing so far.' : 'Reading…'}
        </p>
      ) : (
        // Scrolls, so it takes focus; going up stops the following.
        // oxlint-disable jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions
        <div
          ref={scroller}
          className="log-lines"
          tabIndex={0}
          role="log"
          aria-live="off"
          aria-label={`Log of ${step}`}
          onWheel={(event) => event.deltaY < 0 && setFollow(false)}
          onKeyDown={(event) => ['ArrowUp', 'PageUp', 'Home'].includes(event.key) && setFollow(false)}
        >
          <div style={{ height: rows.getTotalSize() }}>
            {rows.getVirtualItems().map((item) => {
              const line = lines[item.index];
              return (
                line && (
                  <Line
                    key={item.key}
                    line={line}
                    top={item.start}
                    find={find}
                    here={item.index === current}
                  />
                )
              );
            })}
          </div>
        </div>
      )}
    </div>
  );
}

function Line({
  line,
  top,
  find,
  here,
}: {
  line: LogLine;
  top: number;
  find: string;
  here: boolean;
}): ReactElement {
  return (
    <div className={`log-line${here ? ' log-here' : ''}`} style={{ transform: `translateY(${top}px)` }}>
      <span className="log-number" aria-hidden="true">
        {line.number}
      </span>
      <span className="log-text">
        {splitMatches(line.text, find).map((part, i) => (i % 2 === 1 ? <mark key={i}>{part}</mark> : part))}
      </span>
    </div>
  );
}
