/** How long predictions are kept, as people say it: whole hours as `36 hours` or `90 days`. */
export function keptFor(ms: number): string {
  const hours = ms / 3_600_000;
  const [count, unit] = hours % 24 === 0 ? [hours / 24, 'day'] : [hours, 'hour'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
