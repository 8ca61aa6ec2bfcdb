/** Bits of MappingTable.kindBits, as native/ebb.h defines them (a test reads the header); used where ranges are planned. */
export const mappingKind = {
  anonymous: 1,
  heap: 2,
  stack: 3,
  shared: 4,
  file: 5,
  special: 6,
  hugetlb: 7,
} as const;

export const mappingBit = { read: 0x100, write: 0x200, exec: 0x400, isShared: 0x800 } as const;

/** The part of kindBits that holds the kind. */
export const kindMask = 0xff;
