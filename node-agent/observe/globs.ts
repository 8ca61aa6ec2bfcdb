/** Pure: the patterns by which a standalone policy names cgroups: "*" within a name, "**" across names. */
export function cgroupMatcher(globs: readonly string[]): (path: string) => boolean {
  const patterns = globs.map(pattern);
  return (path) => patterns.some((one) => one.test(path));
}

function pattern(glob: string): RegExp {
  const source = glob
    .replace(/(?<=.)\/+$/, '')
    .split(/(\*+)/)
    .map((part) =>
      part.startsWith('**') ? '.*' : part === '*' ? '[^/]*' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'),
    );
  return new RegExp(`^${source.join('')}$`, 's');
}
