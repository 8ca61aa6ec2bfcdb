/** Bytes and times as people read them. Three significant digits, binary units. */
const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export function bytesText(bytes: number | null): string {
  if (bytes === null) return '-';
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  const number = String(Number(value.toFixed(digits)));
  return `${bytes < 0 ? '-' : ''}${number} ${units[unit]}`;
}

export function microsText(micros: number): string {
  if (micros < 1000) return `${Math.round(micros)} us`;
  if (micros < 1_000_000) return `${(micros / 1000).toFixed(1)} ms`;
  return secondsText(micros / 1_000_000);
}

export function secondsText(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const parts = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), Math.floor(seconds % 60)];
  const [hours, minutes, rest] = parts as [number, number, number];
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${rest} s`;
}
