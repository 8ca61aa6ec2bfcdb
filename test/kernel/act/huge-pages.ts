/** Pages of hugetlbfs for one test: reserved, and given back to the number that was there before. */
import { readFileSync, writeFileSync } from 'node:fs';

const reserved = '/proc/sys/vm/nr_hugepages';

export async function withHugePages<T>(count: number, use: () => Promise<T>): Promise<T> {
  const before = Number(readFileSync(reserved, 'utf8'));
  writeFileSync(reserved, String(before + count));
  try {
    const now = Number(readFileSync(reserved, 'utf8'));
    if (now < before + count) throw new Error(`the kernel found ${now - before} of ${count} huge pages`);
    return await use();
  } finally {
    writeFileSync(reserved, String(before));
  }
}
