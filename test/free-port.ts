/** The scripts of the checkout are no TypeScript. */
export const { freePort } = (await import(
  new URL('../scripts/test/free-port.mjs', import.meta.url).href
)) as { freePort(): Promise<number> };
