// Numbers as people read them, and the round ones for an axis. Pure: knows nothing of runs or pages.

/**
 * Round values within [low, high], about `count` of them: 0, 0.5, 1, 1.5, 2.
 * @param {number} low @param {number} high @param {number} [count]
 * @param {boolean} [whole] no fractions: steps are counted
 * @returns {number[]}
 */
export function linearTicks(low, high, count = 5, whole = false) {
  if (!(high > low)) return [low];
  const gap = whole ? wholeGap((high - low) / count) : roundGap((high - low) / count);
  const ticks = [];
  for (let i = Math.ceil(low / gap - 1e-9); i * gap <= high + gap * 1e-9; i++) {
    ticks.push(Number((i * gap).toPrecision(12)));
  }
  return ticks;
}

/**
 * The smallest range with round ends that holds [low, high].
 * @param {number} low @param {number} high @param {number} [count] @returns {[number, number]}
 */
export function roundBounds(low, high, count = 5) {
  if (!(high > low)) {
    const pad = Math.abs(low) * 0.1 || 1;
    return roundBounds(low - (low === 0 ? 0 : pad), high + pad, count);
  }
  const gap = roundGap((high - low) / count);
  const ends = [Math.floor(low / gap + 1e-9) * gap, Math.ceil(high / gap - 1e-9) * gap];
  return ends.map((end) => Number(end.toPrecision(12)));
}

/**
 * Values for a logarithmic axis within [low, high], both above 0: decades, over a short range also
 * 2 and 5 of each, and round linear ones where not even two of those lie inside.
 * @param {number} low @param {number} high @returns {number[]}
 */
export function logTicks(low, high) {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const within = (factors, every = 1) => {
    const ticks = [];
    for (let power = first; power <= last; power += every) {
      for (const factor of factors) ticks.push(Number(`${factor}e${power}`));
    }
    return ticks.filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9));
  };
  const decades = within([1], Math.ceil((last - first) / 8));
  if (decades.length > 3) return decades;
  const finer = within([1, 2, 5]);
  return finer.length > 2 ? finer : linearTicks(low, high, 4);
}

function roundGap(raw) {
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 2.5, 5, 10].find((m) => m * power >= raw * 0.999999) * power;
}

function wholeGap(raw) {
  const gap = Math.max(roundGap(raw), 1);
  return gap === 2.5 ? 5 : gap;
}

/** @param {number} value @returns {string} short, with about four digits: 0.125, 2e-4, 1500 */
export function shortNumber(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) {
    return value.toExponential(2).replace(/\.?0+e/, 'e').replace('e+', 'e');
  }
  return String(Number(value.toPrecision(4)));
}

/**
 * Labels of an axis with the same number of digits: 0, 0.5, 1.0.
 * @param {number[]} values @returns {string[]}
 */
export function evenNumbers(values) {
  const texts = values.map(shortNumber);
  if (texts.some((text) => text.includes('e'))) return texts;
  const digits = Math.max(0, ...texts.map((text) => (text.split('.')[1] ?? '').length));
  return values.map((value) => (value === 0 ? '0' : value.toFixed(digits)));
}

/** @param {number | null} value @returns {string} `0.634`; a missing loss wasn't a finite number */
export function lossText(value) {
  if (value === null) return 'not a number';
  return value !== 0 && Math.abs(value) < 0.001 ? shortNumber(value) : value.toFixed(3);
}

/** @param {number} value @returns {string} `1,234` */
export function countText(value) {
  return Math.round(value).toLocaleString('en-US');
}

/** @param {number} seconds @returns {string} `8 s`, `3 min 20 s`, `2 h 5 min` */
export function durationText(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** @param {number} bytes @returns {string} `1.25 GB`, in powers of 1000 */
export function bytesText(bytes) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = 0;
  while (Math.abs(size) >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${Number(size.toPrecision(3))} ${units[unit]}`;
}
