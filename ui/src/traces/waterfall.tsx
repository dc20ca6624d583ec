import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState, type KeyboardEvent, type ReactElement } from 'react';
import type { SpanView } from '../../../src/traces/contract.ts';
import { formatDuration } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { unfolded, type SpanRow, type SpanTree } from './span-tree.ts';

const ROW = 30;

/** What a span is, as its colour: the same everywhere. */
const KINDS: Readonly<Record<string, string>> = {
  LLM: 'model',
  CHAT_MODEL: 'model',
  EMBEDDING: 'model',
  TOOL: 'tool',
  RETRIEVER: 'data',
  RERANKER: 'data',
  MEMORY: 'data',
  AGENT: 'agent',
  WORKFLOW: 'agent',
  TASK: 'agent',
};

export const kindOf = ({ status, type }: Pick<SpanView, 'status' | 'type'>): string =>
  status === 'error' ? 'error' : (KINDS[type ?? ''] ?? 'plain');

/** The spans of a trace by their time: a tree that folds, drawn as far as it is in sight. */
export function Waterfall(props: {
  tree: SpanTree;
  selected: string | undefined;
  onSelect(span: string): void;
}): ReactElement {
  const { tree, selected, onSelect } = props;
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => unfolded(tree.rows, folded), [tree, folded]);
  const scroller = useRef<HTMLDivElement>(null);
  // oxlint-disable-next-line react/incompatible-library -- it tells by itself when it changed
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  const at = rows.findIndex(({ span }) => span.id === selected);

  const fold = (id: string, close: boolean): void =>
    setFolded((now) => {
      const next = new Set(now);
      if (close) next.add(id);
      else next.delete(id);
      return next;
    });
  const go = (index: number): void => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (!row) return;
    onSelect(row.span.id);
    virtual.scrollToIndex(Math.max(0, Math.min(rows.length - 1, index)));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const row = rows[at];
    const steps: Record<string, () => void> = {
      ArrowDown: () => go(at + 1),
      ArrowUp: () => go(at - 1),
      Home: () => go(0),
      End: () => go(rows.length - 1),
      ArrowRight: () =>
        row && row.below > 0 && folded.has(row.span.id) ? fold(row.span.id, false) : go(at + 1),
      ArrowLeft: () => {
        if (row && row.below > 0 && !folded.has(row.span.id)) fold(row.span.id, true);
        else go(rows.findLastIndex(({ depth }, i) => i < at && depth < (row?.depth ?? 0)));
      },
    };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    step();
  };

  return (
    <div
      ref={scroller}
      className="waterfall"
      role="tree"
      aria-label="Spans"
      tabIndex={0}
      aria-activedescendant={at >= 0 ? `span-${rows[at]!.span.id}` : undefined}
      onKeyDown={onKeyDown}
    >
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const row = rows[index]!;
          return (
            <Row
              key={row.span.id}
              row={row}
              total={tree.total}
              top={start}
              folded={folded.has(row.span.id)}
              selected={row.span.id === selected}
              onSelect={() => onSelect(row.span.id)}
              onFold={(close) => fold(row.span.id, close)}
            />
          );
        })}
      </div>
    </div>
  );
}

function Row(props: {
  row: SpanRow;
  total: number;
  top: number;
  folded: boolean;
  selected: boolean;
  onSelect(): void;
  onFold(close: boolean): void;
}): ReactElement {
  const { row, total, folded } = props;
  const { span, depth, below, offset, ms } = row;
  const share = (part: number): number => (total <= 0 ? 0 : (part / total) * 100);
  const left = Math.min(99.5, share(offset));
  const width = total <= 0 ? 100 : Math.max(0.5, Math.min(100 - left, share(ms ?? total - offset)));
  return (
    // The tree around it has the keys.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
    <div
      id={`span-${span.id}`}
      role="treeitem"
      aria-level={depth + 1}
      aria-selected={props.selected}
      {...(below > 0 ? { 'aria-expanded': !folded } : {})}
      className="waterfall-row"
      data-kind={kindOf(span)}
      style={{ transform: `translateY(${props.top}px)` }}
      onClick={props.onSelect}
    >
      <span className="waterfall-name" style={{ paddingInlineStart: Math.min(depth, 14) * 14 }}>
        {below > 0 ? (
          <button
            type="button"
            tabIndex={-1}
            className="waterfall-fold"
            aria-label={folded ? `Show ${below} below ${span.name}` : `Hide ${below} below ${span.name}`}
            onClick={(event) => {
              event.stopPropagation();
              props.onFold(!folded);
            }}
          >
            <Icon name={folded ? 'right' : 'down'} size={12} />
          </button>
        ) : (
          <span className="waterfall-fold" />
        )}
        <span className="waterfall-dot" aria-hidden="true" />
        <span className="truncate" title={span.name}>
          {span.name}
        </span>
        {span.status === 'error' && <Icon name="alert" size={13} aria-label="error" />}
        {folded && <span className="faint">+{below}</span>}
      </span>
      <span className="waterfall-time" aria-hidden="true">
        <span
          className="waterfall-bar"
          data-open={ms === undefined ? '' : undefined}
          style={{ left: `${left}%`, width: `${width}%` }}
        />
      </span>
      <span className="waterfall-ms">{ms === undefined ? 'running' : formatDuration(ms)}</span>
    </div>
  );
}
