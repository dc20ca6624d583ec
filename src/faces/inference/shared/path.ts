/** The decoded segments of a path, or undefined when one is no valid percent-encoding. */
export function segments(path: string): string[] | undefined {
  try {
    return path.slice(1).split('/').map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
