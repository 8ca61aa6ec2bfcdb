/** How a count is said to people: "3 nodes", "1 node". `one` where it is more than the word without its end. */
export const countText = (count: number, many: string, one = many.replace(/ies$|(?<=ss)es$|s$/, singularEnd)): string =>
  `${count} ${count === 1 ? one : many}`;

const singularEnd = (end: string): string => (end === 'ies' ? 'y' : '');
