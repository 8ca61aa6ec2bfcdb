/** Pure: the text of /proc/self/mountinfo → the cgroup mounts in it. proc_pid_mountinfo(5). */
export interface CgroupMount {
  readonly version: 1 | 2;
  readonly point: string;
  /** Controllers and other options of the superblock: "cpu", "cpuacct", "name=systemd". Empty for version 2. */
  readonly controllers: readonly string[];
  /** "/" or, seen from a cgroup namespace further down, "/../..": how many levels the mount's root lies above. */
  readonly levelsAbove: number;
}

/**
 * Full mounts only, in the order of the file: a root other than "/" or "/.." is a bind mount of a part of the tree,
 * where paths would mean something else.
 */
export function cgroupMounts(mountinfo: string): readonly CgroupMount[] {
  return mountinfo.split('\n').flatMap((line) => cgroupMount(line) ?? []);
}

function cgroupMount(line: string): CgroupMount | null {
  const fields = line.split(' ');
  const separator = fields.indexOf('-', 6);
  const [, , , root, point] = fields;
  const type = fields[separator + 1];
  if (separator < 0 || root === undefined || point === undefined) return null;
  if (type !== 'cgroup' && type !== 'cgroup2') return null;
  if (!/^\/(\.\.(\/\.\.)*)?$/.test(root)) return null;
  return {
    version: type === 'cgroup' ? 1 : 2,
    point: unescapeOctal(point),
    controllers: type === 'cgroup' ? (fields[separator + 3] ?? '').split(',') : [],
    levelsAbove: root === '/' ? 0 : root.split('/').length - 1,
  };
}

/** The kernel writes space, tab, newline and backslash of a path as three octal digits. */
export function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
