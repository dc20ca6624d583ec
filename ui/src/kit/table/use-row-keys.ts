import type { Row as TableRow } from '@tanstack/react-table';
import type { Virtualizer } from '@tanstack/react-virtual';
import type { KeyboardEvent } from 'react';
import { useShortcut } from '../shortcuts.ts';
import type { Features } from './features.ts';
import type { TableProps } from './table.tsx';

/** Moving with j, k and the arrows, opening with Enter, choosing with x. Focus really moves, so it is seen and heard. */
export function useRowKeys<Row extends object>(
  props: TableProps<Row>,
  model: readonly TableRow<Features, Row>[],
  down: Virtualizer<HTMLDivElement, Element>,
  scroller: { current: HTMLDivElement | null },
) {
  const at = () => Number(document.activeElement?.closest<HTMLElement>('[data-row]')?.dataset['row'] ?? -1);
  const move = (to: number) => {
    const index = Math.max(0, Math.min(model.length - 1, to));
    if (model.length === 0) return;
    down.scrollToIndex(index);
    // The row may only now be drawn.
    requestAnimationFrame(() =>
      requestAnimationFrame(() =>
        scroller.current
          ?.querySelector<HTMLElement>(`[data-row="${index}"] :is(a, button, input:not(.table-check input))`)
          ?.focus({ preventScroll: true }),
      ),
    );
  };
  const toggle = (id: string) => {
    const next = new Set(props.selected);
    if (!next.delete(id)) next.add(id);
    props.onSelect?.(next);
  };
  const on = props.keys === true;
  useShortcut('j', 'Next row', () => move(at() + 1), on);
  useShortcut('k', 'Row before', () => move(at() - 1), on);
  useShortcut(
    'x',
    'Select the row',
    () => {
      const row = model[at()];
      if (row) toggle(row.id);
    },
    on && props.onSelect !== undefined,
  );
  return {
    toggle,
    onKeyDown(event: KeyboardEvent) {
      const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
      if (step === 0 || at() < 0) return;
      event.preventDefault();
      move(at() + step);
    },
  };
}
