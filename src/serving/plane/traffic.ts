/** Keys fall into this many buckets; a share of traffic is a number of buckets. */
const BUCKETS = 10_000;

/**
 * The bucket of a key at an endpoint, 0 to 9,999. It depends on nothing that a revision changes, so a canary that grows from
 * 10 to 50 percent takes further keys and gives none back: a key moves once at most.
 */
export function bucketOf(endpoint: string, key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < endpoint.length; index++)
    hash = Math.imul(hash ^ endpoint.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ 0xff, 0x01000193);
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  // FNV's last bits alone hardly know the first characters: mixed once more.
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  hash ^= hash >>> 16;
  return (hash >>> 0) % BUCKETS;
}

/** Whether this request goes to the canary that has `percent` of the traffic. */
export const toCanary = (endpoint: string, percent: number, key: string | undefined): boolean =>
  key === undefined
    ? Math.random() * 100 < percent
    : bucketOf(endpoint, key) < Math.round(percent * (BUCKETS / 100));
