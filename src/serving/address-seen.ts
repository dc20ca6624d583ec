// Imports nothing: the browser runs it, too, where of a contract only data arrives.

/** Names of the machine that says them, and of no other. */
const ITSELF = /^(?:127(?:\.\d+){3}|localhost|0\.0\.0\.0|\[::1?\])$/;

/**
 * The address of an endpoint as the caller reaches it who reached the server at `server`: a server that listens on all addresses, or
 * behind a tunnel, knows itself by a name that means the caller's own machine elsewhere.
 */
export function addressSeenFrom(address: string, server: string): string {
  if (!URL.canParse(address) || !URL.canParse(server)) return address;
  const [own, from] = [new URL(address), new URL(server)];
  if (!ITSELF.test(own.hostname) || own.hostname === from.hostname) return address;
  // On this very machine any of these names is right but for the one that means all of them.
  if (ITSELF.test(from.hostname) && !/^(?:0\.0\.0\.0|\[::\])$/.test(own.hostname)) return address;
  own.hostname = from.hostname;
  return own.href.replace(/\/$/, '');
}
