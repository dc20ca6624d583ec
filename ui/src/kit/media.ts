import { useEffect, useState, useSyncExternalStore } from 'react';

/** Whether a media query holds now; turns with the window. */
export function useMedia(query: string): boolean {
  const [media] = useState(() => window.matchMedia(query));
  return useSyncExternalStore(
    (watcher) => {
      media.addEventListener('change', watcher);
      return () => media.removeEventListener('change', watcher);
    },
    () => media.matches,
  );
}

/** A telephone, or a window as slim as one. */
export function useNarrow(): boolean {
  return useMedia('(max-width: 720px)');
}

/** The width of an element, px; follows it. */
export function useWidth(element: { current: HTMLElement | null }, first: number): number {
  const [width, setWidth] = useState(first);
  useEffect(() => {
    if (!element.current) return;
    const observer = new ResizeObserver(
      ([entry]) => entry && entry.contentRect.width > 0 && setWidth(entry.contentRect.width),
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return width;
}
