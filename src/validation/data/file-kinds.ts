/** Files that are an example each: another digest is another file. What may hold many examples is of no kind here. */
export type FileKind = 'image' | 'audio' | 'video' | 'document';

const KINDS: ReadonlyArray<[FileKind, RegExp]> = [
  ['image', /\.(png|jpe?g|gif|bmp|webp|tiff?|avif|heic|p[bgnp]m|svg|dcm)$/i],
  ['audio', /\.(wav|mp3|flac|ogg|opus|m4a|aac|aiff?)$/i],
  ['video', /\.(mp4|mov|avi|mkv|webm|mpe?g)$/i],
  ['document', /\.(txt|html?|xml|pdf|docx?|rtf|tex|eml|md)$/i],
];

export const fileKind = (path: string): FileKind | undefined =>
  KINDS.find(([, ending]) => ending.test(path))?.[0];

const LARGEST_NOTE = 64 * 1024;
const NOTES =
  /(^|\/)(readme|licen[cs]e|notice|copying|citation|changelog|authors)([._-]\w+)*$|(^|\/)(\.git(attributes|ignore|keep)|\.ds_store|thumbs\.db|desktop\.ini|_success|_committed_\w+|_started_\w+)$|\.(dvc|md5|sha1|sha256|crc)$/i;

/** What stands beside data and is none: a licence, a read-me, a checksum, an empty file. A large one is not taken for it. */
export const isNote = ({ path, size }: { path: string; size: number }): boolean =>
  size === 0 || (size <= LARGEST_NOTE && NOTES.test(path));
