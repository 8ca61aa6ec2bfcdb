/**
 * Patterns over cgroup paths: `*` is anything within one name, `**` any number of names. Pure. Names of cgroups are
 * whatever their makers chose, so everything else stands for itself, "?" and "[" too.
 */
export function matchesCgroup(pattern: string, cgroup: string): boolean {
  return matchesNames(pattern.split('/').slice(1), cgroup.split('/').slice(1));
}

/** Greedy with one point of return, so that no pattern takes more than pattern × path steps. */
function matchesNames(patterns: readonly string[], names: readonly string[]): boolean {
  return matchesSequence(patterns, names, '**', matchesName);
}

function matchesName(pattern: string, name: string): boolean {
  return matchesSequence([...pattern], [...name], '*', (wanted, actual) => wanted === actual);
}

function matchesSequence(
  pattern: readonly string[],
  items: readonly string[],
  anything: string,
  same: (wanted: string, actual: string) => boolean,
): boolean {
  let at = 0;
  let wildcard = -1;
  let resume = 0;
  for (let next = 0; next < items.length; ) {
    if (pattern[at] === anything) {
      wildcard = at++;
      resume = next;
    } else if (at < pattern.length && same(pattern[at] as string, items[next] as string)) {
      at += 1;
      next += 1;
    } else if (wildcard >= 0) {
      at = wildcard + 1;
      next = ++resume;
    } else return false;
  }
  return pattern.slice(at).every((rest) => rest === anything);
}
