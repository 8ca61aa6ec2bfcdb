/** Generates CRDs of nodes' objects that take less than ours: one to three places of spec with a field, a word or room less. */
import fc from 'fast-check';
import { crdOf, crdWith, drop, type Place } from './other-crd.ts';

interface Change {
  readonly path: string;
  readonly title: string;
  readonly change: (place: Place) => void;
}

/** Every way to take something away from the schema below. */
function changesBelow(place: Place, path: string): Change[] {
  const at = (title: string, change: (place: Place) => void): Change => ({ path, title, change });
  const fields = Object.entries(place.properties ?? {});
  const join = (name: string) => (path === '' ? name : `${path}.${name}`);
  return [
    ...fields.flatMap(([name, field]) => [at(`without ${name}`, drop(name)), ...changesBelow(field, join(name))]),
    ...(place.enum ?? []).map((word) =>
      at(`without the word ${word}`, (each) => {
        each.enum = each.enum!.filter((one) => one !== word);
      }),
    ),
    ...(['maximum', 'maxLength', 'maxItems'] as const).flatMap((bound) =>
      narrowed(place, bound).map((less) =>
        at(`${bound} ${less}`, (each) => {
          each[bound] = less;
        }),
      ),
    ),
    ...(place.items ? changesBelow(place.items, `${path}[]`) : []),
  ];
}

function narrowed(place: Place, bound: 'maximum' | 'maxLength' | 'maxItems'): number[] {
  const least = { maximum: place.minimum, maxLength: place.minLength, maxItems: place.minItems }[bound] ?? 0;
  const most = place[bound];
  return most === undefined || most <= least
    ? []
    : [...new Set([least, least + 1, Math.floor((least + most) / 2)])].filter((each) => each < most);
}

export const everyChange: readonly Change[] = changesBelow(crdOf().spec, '');

/** What stands beside profiles and pods is little of the schema, and has rules of its own. */
const outer = everyChange.filter(({ path }) => !/^(profiles|pods)/.test(path));
const someChange = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...everyChange) },
  { weight: 1, arbitrary: fc.constantFrom(...outer) },
);

/** Deeper first: what is dropped holds nothing to change any more. */
export const olderCRD = fc
  .uniqueArray(someChange, { minLength: 1, maxLength: 3, selector: ({ path }) => path })
  .map((changes) => changes.toSorted((a, b) => b.path.length - a.path.length))
  .map((changes) => ({
    titles: changes.map(({ path, title }) => `spec.${path}: ${title}`),
    crd: crdWith(Object.fromEntries(changes.map(({ path, change }) => [path, change]))),
  }));
