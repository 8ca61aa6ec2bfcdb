/** Whether this is the emulated guest, where everything takes some ten times as long: repetitions are fewer, waits longer. */
export const emulated = process.env['EBB_PATIENCE_SECONDS'] !== undefined;
