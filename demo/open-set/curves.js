// @ts-check
/** Scores as what is drawn of them: shares by bin, and curves over trials. */

/**
 * @param {ArrayLike<number>[]} groups
 * @param {number} share of all values that the bins leave out on either side
 * @returns {[number, number]} on a logarithmic scale
 */
export function logRange(groups, share) {
  const values = Float64Array.from(groups.flatMap((group) => Array.from(group)))
    .filter((value) => value > 0 && value < Infinity)
    .map(Math.log10)
    .sort();
  const at = (/** @type {number} */ place) => values[Math.round(place * (values.length - 1))] ?? 0;
  return [at(share), at(1 - share)];
}

/**
 * @param {ArrayLike<number>} values
 * @param {[number, number]} range of log10; what is outside counts in the first or the last bin
 * @param {number} bins
 * @returns {{ from: number, to: number, share: number }[]} `from` and `to` are values, not logarithms
 */
export function logHistogram(values, [low, high], bins) {
  const width = (high - low) / bins || 1;
  const counts = new Float64Array(bins);
  for (const value of Array.from(values)) {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor((Math.log10(value) - low) / width)));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return Array.from(counts, (count, bin) => ({
    from: 10 ** (low + bin * width),
    to: 10 ** (low + (bin + 1) * width),
    share: count / values.length,
  }));
}

/**
 * The true positive rate at given false positive rates, averaged over curves.
 *
 * @param {{ fpr: ArrayLike<number>, tpr: ArrayLike<number> }[]} curves each from (0, 0) to (1, 1)
 * @param {number[]} rates ascending
 * @returns {{ fpr: number, tpr: number }[]}
 */
export function meanCurve(curves, rates) {
  return rates.map((rate) => ({
    fpr: rate,
    tpr: curves.reduce((sum, curve) => sum + heightAt(curve, rate), 0) / curves.length,
  }));
}

/**
 * @param {{ fpr: ArrayLike<number>, tpr: ArrayLike<number> }} curve
 * @param {number} rate
 */
function heightAt({ fpr, tpr }, rate) {
  let i = 1;
  while (i < fpr.length - 1 && (fpr[i] ?? 1) < rate) i += 1;
  const [x0, x1] = [fpr[i - 1] ?? 0, fpr[i] ?? 1];
  const [y0, y1] = [tpr[i - 1] ?? 0, tpr[i] ?? 1];
  return x1 > x0 ? y0 + (y1 - y0) * Math.min(1, Math.max(0, (rate - x0) / (x1 - x0))) : y1;
}
