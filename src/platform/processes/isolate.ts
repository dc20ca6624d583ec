/** How foreign code is kept apart from the server, best first. `none`: it runs as the server's own user, and can do what that can. */
export const LEVELS = ['bwrap', 'uid', 'userns', 'none'] as const;
export type Level = (typeof LEVELS)[number];

/** What one process may reach of this machine. Programs and libraries of the system can be read by all. */
export interface Isolate {
  /** Files and folders that it reads, besides. */
  read?: readonly string[];
  /** Folders that it alone may read, now and whatever is put there later; the server goes on writing them, it never does. */
  given?: readonly string[];
  /** Folders that are its own to write. */
  write?: readonly string[];
  /** Of these, what was given to it before (`Processes.give`). */
  owned?: readonly string[];
  /** Folders that it writes together with others, whose rights stay as they are. */
  share?: readonly string[];
  /** Whether it may speak to others over the network; otherwise it has Unix sockets in its folders alone. */
  network: boolean;
}

/** Decided once when the server starts. Plain data, so that it can be handed on to processes that start others. */
export interface Isolation {
  level: Level;
  /** Mounts, processes and, where it is not wanted, the network are its own. Only a bare change of user lacks this. */
  namespaces: boolean;
  /** Users that are nobody else's; there when the server is root. */
  users?: Users;
  /** Folders and files that no isolated process sees. */
  hidden: readonly string[];
  /** What all may read although it lies in a hidden folder: programs on PATH, our own code. */
  shown: readonly string[];
  /** What every step may write besides its own folder. */
  share: readonly string[];
  /** The data folder: closed to other users, except for the way to what one of them is given. */
  data: string;
  /** Where mounts are put together: a folder of ours with an empty `root`. */
  folder: string;
  /** Absolute paths of the programs that do it. */
  tools: Readonly<Record<Tool, string>>;
}

export const TOOLS = ['bwrap', 'unshare', 'setpriv', 'mount', 'env'] as const;
export type Tool = (typeof TOOLS)[number];

export interface Users {
  first: number;
  count: number;
}

export const NO_ISOLATION: Isolation = {
  level: 'none',
  namespaces: false,
  hidden: [],
  shown: [],
  share: [],
  data: '/',
  folder: '/',
  tools: { bwrap: '', unshare: '', setpriv: '', mount: '', env: '' },
};
