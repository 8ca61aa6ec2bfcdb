/** Which programs this machine lacks, and which Debian package brings each: for one-line messages with the command. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export function hasProgram(name: string): boolean {
  const dirs = `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`.split(delimiter);
  return dirs.some((dir) => dir !== '' && executable(join(dir, name)));
}

export function missingPrograms(names: readonly string[]): string[] {
  return names.filter((name) => !hasProgram(name));
}
