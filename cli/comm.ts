/**
 * Names of processes. They arrive as bytes, one for each character (proc(5) promises no encoding), and their owners
 * choose them: "\x1b[2J" is a legal name.
 */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** For JSON: the text where the bytes are UTF-8, else every byte that is not ASCII as \xNN. */
export function commText(comm: string): string {
  try {
    return utf8.decode(Buffer.from(comm, 'latin1'));
  } catch {
    return comm.replace(/[\x80-\xff]/g, escapeByte);
  }
}

/** For a terminal: every byte that is not printable ASCII as \xNN. */
export const commShown = (comm: string): string => comm.replace(/[^\x20-\x7e]/g, escapeByte);

const escapeByte = (byte: string): string => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;
