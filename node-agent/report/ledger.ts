/**
 * The honest account of one container (pure): what was advised, what of it left, what was freed, what came back, and
 * what stayed out for how long. Fed by passes and by each tick's look at what is in swap.
 */
import type { LedgerState } from './state.ts';

export interface Ledger extends LedgerState {
  /** The sum of what page-outs freed: what comes back takes nothing off it. */
  readonly reclaimedBytes: number;
  /** In swap at the last look. */
  readonly swapBytes: number;
  /** Of the last look, monotonic milliseconds. */
  readonly at: number;
}

/** What the ledger takes from a pass. */
export interface PassEntry {
  readonly advisedBytes: number;
  readonly unmappedBytes: number;
  /** null: it can't be told; nothing is claimed. */
  readonly freedBytes: number | null;
  readonly awaitingReclaimBytes: number;
  readonly stallMicros: number;
  readonly longestCallMicros: number;
  /** In swap after it. */
  readonly swapBytes: number;
}

export const openLedger = (now: number, swapBytes: number): Ledger => ({
  advisedBytes: 0,
  unmappedBytes: 0,
  freedBytes: 0,
  awaitingReclaimBytes: 0,
  cameBackBytes: 0,
  stallMicros: 0,
  longestCallMicros: 0,
  netByteSeconds: 0,
  passes: 0,
  outBytes: 0,
  reclaimedBytes: 0,
  swapBytes,
  at: now,
});

/** A look at what is in swap: time passes for what is out, and what came back is out no more. */
export function observed(ledger: Ledger, swapBytes: number, now: number): Ledger {
  const seconds = Math.max(0, now - ledger.at) / 1000;
  const back = Math.max(0, ledger.swapBytes - swapBytes);
  // Came back at some time in between: counted as at its end, so for what is claimed the lesser of both counts.
  const outBytes = ledger.swapBytes === 0 ? 0 : Math.round(ledger.outBytes * (1 - back / ledger.swapBytes));
  return {
    ...ledger,
    cameBackBytes: ledger.cameBackBytes + (ledger.unmappedBytes > 0 ? back : 0),
    netByteSeconds: ledger.netByteSeconds + Math.round(Math.min(outBytes, ledger.outBytes) * seconds),
    outBytes,
    swapBytes,
    at: now,
  };
}

/** Call observed() right before, so that the time until now counts for what was out until now. */
export function booked(ledger: Ledger, pass: PassEntry): Ledger {
  const freed = pass.freedBytes ?? 0;
  return {
    ...ledger,
    advisedBytes: ledger.advisedBytes + pass.advisedBytes,
    unmappedBytes: ledger.unmappedBytes + pass.unmappedBytes,
    freedBytes: ledger.freedBytes + freed,
    awaitingReclaimBytes: ledger.awaitingReclaimBytes + pass.awaitingReclaimBytes,
    stallMicros: ledger.stallMicros + pass.stallMicros,
    longestCallMicros: Math.max(ledger.longestCallMicros, pass.longestCallMicros),
    reclaimedBytes: ledger.reclaimedBytes + Math.max(0, freed),
    passes: ledger.passes + 1,
    outBytes: Math.max(0, ledger.outBytes + freed),
    swapBytes: pass.swapBytes,
  };
}

/** The swap cache was dropped: what waited is free now. */
export const dropped = (ledger: Ledger, freedBytes: number): Ledger => ({
  ...ledger,
  freedBytes: ledger.freedBytes + freedBytes,
  reclaimedBytes: ledger.reclaimedBytes + Math.max(0, freedBytes),
  outBytes: ledger.outBytes + freedBytes,
  awaitingReclaimBytes: Math.max(0, ledger.awaitingReclaimBytes - freedBytes),
});
