/** Bytes that the system is told to copy in one go: nobody can interrupt it meanwhile. */
export const PIECE = 256 * 1024;
