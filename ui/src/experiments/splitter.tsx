import { useRef, useState, type KeyboardEvent, type PointerEvent, type ReactElement } from 'react';

const LEAST = 20;
const MOST = 80;
const within = (value: number): number => Math.round(Math.min(MOST, Math.max(LEAST, value)));

/** Between table and charts: drawn by the pointer, or moved by the arrows. The address hears of it when it rests. */
export function Splitter({
  value,
  onChange,
}: {
  value: number;
  onChange(value: number): void;
}): ReactElement {
  const bar = useRef<HTMLDivElement>(null);
  const [held, setHeld] = useState<number | undefined>();
  const at = (event: PointerEvent): number => {
    const frame = bar.current?.parentElement?.getBoundingClientRect();
    return frame ? within(((event.clientX - frame.left) / frame.width) * 100) : value;
  };
  const show = (share: number) => {
    const table = bar.current?.previousElementSibling;
    if (table instanceof HTMLElement) table.style.flexBasis = `${share}%`;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -2, ArrowRight: 2, Home: LEAST - value, End: MOST - value }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    onChange(within(value + by));
  };
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- a separator that is moved takes focus and keys
    <div
      ref={bar}
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the table"
      aria-valuemin={LEAST}
      aria-valuemax={MOST}
      aria-valuenow={held ?? value}
      tabIndex={0}
      className="splitter"
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setHeld(value);
      }}
      onPointerMove={(event) => {
        if (held === undefined) return;
        const share = at(event);
        setHeld(share);
        show(share);
      }}
      onPointerUp={() => {
        if (held !== undefined && held !== value) onChange(held);
        setHeld(undefined);
      }}
      onDoubleClick={() => onChange(52)}
    />
  );
}
