import { CenterLossError } from '../core.js';
import type { Covariance } from './class-statistics.js';
import { COVARIANCES, type Stretch, totalsOf } from './statistics-totals.js';

// The format, little-endian: "CLSTATS\0", the version, the code of the covariance, C and D as 32-bit integers, the
// forgetting factor as a 64-bit number, and the totals as 64-bit numbers.

const MAGIC = 'CLSTATS\0';
const VERSION = 1;
const HEADER_BYTES = 32;
const DOUBLE_BYTES = 8;
const LARGEST_FLOAT32 = 3.4028234663852886e38;

/** What a file says. */
export interface StatisticsContent {
  readonly nClasses: number;
  readonly nFeatures: number;
  readonly covariance: Covariance;
  readonly forgetting: number;
  readonly totals: Float64Array<ArrayBuffer>;
}

export function encode({
  nClasses,
  nFeatures,
  covariance,
  forgetting,
  totals,
}: StatisticsContent): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES + totals.byteLength);
  const header = new DataView(bytes.buffer);
  for (let i = 0; i < MAGIC.length; i++) bytes[i] = MAGIC.charCodeAt(i);
  for (const [i, value] of [VERSION, COVARIANCES.indexOf(covariance), nClasses, nFeatures].entries()) {
    header.setUint32(MAGIC.length + 4 * i, value, true);
  }
  header.setFloat64(HEADER_BYTES - DOUBLE_BYTES, forgetting, true);
  new Float64Array(bytes.buffer, HEADER_BYTES).set(totals);
  return bytes;
}

/**
 * What stands in bytes that {@link encode} made, each value checked: nothing of a size that is not there is had for it.
 * @throws CenterLossError `ERR_FORMAT`
 */
export function decode(bytes: Uint8Array): StatisticsContent {
  if (!(bytes instanceof Uint8Array)) {
    throw wrong(`bytes must be a Uint8Array, got ${Object.prototype.toString.call(bytes).slice(8, -1)}`);
  }
  const { length } = bytes;
  if (length < HEADER_BYTES) throw wrong(`${length} bytes are fewer than the ${HEADER_BYTES} of a header`);
  // Not slice(): that of Node's Buffer is a view on a memory which it shares with others.
  const copy = new Uint8Array(bytes);
  const header = new DataView(copy.buffer);
  if (String.fromCharCode(...copy.subarray(0, MAGIC.length)) !== MAGIC) {
    throw wrong('these bytes do not begin as those of ClassStatistics do');
  }
  const [version = 0, code = 0, nClasses = 0, nFeatures = 0] = [0, 1, 2, 3].map((i) =>
    header.getUint32(MAGIC.length + 4 * i, true),
  );
  if (version !== VERSION) throw wrong(`they are of version ${version}, this package reads ${VERSION}`);
  const covariance = COVARIANCES[code];
  if (covariance === undefined) throw wrong(`there is no covariance of number ${code}`);
  const forgetting = header.getFloat64(HEADER_BYTES - DOUBLE_BYTES, true);
  if (!(forgetting > 0 && forgetting <= 1)) throw wrong(`forgetting is ${forgetting}, not above 0 and at most 1`);
  if (nClasses === 0 || nFeatures === 0) throw wrong(`there are ${nClasses} classes of ${nFeatures} features`);
  const expected = HEADER_BYTES + DOUBLE_BYTES * totalsOf(nClasses, nFeatures, covariance).length;
  if (length !== expected) {
    throw wrong(`${nClasses} classes of ${nFeatures} features, ${covariance}, take ${expected} bytes, not ${length}`);
  }
  const content = { nClasses, nFeatures, covariance, forgetting, totals: new Float64Array(copy.buffer, HEADER_BYTES) };
  checkTotals(content);
  return content;
}

/** Refuses what no rows have. */
function checkTotals({ nClasses, nFeatures, covariance, totals }: StatisticsContent): void {
  const at = totalsOf(nClasses, nFeatures, covariance);
  const isCount = (value: number) => value >= 0 && Number.isSafeInteger(value);
  const isSum = (value: number) => value >= 0 && value < Number.POSITIVE_INFINITY;
  const check = (name: string, { start, length }: Stretch, accepts: (value: number, index: number) => boolean) => {
    for (let i = 0; i < length; i++) {
      const value = totals[start + i] as number;
      if (!accepts(value, i)) throw wrong(`${name}[${i}] is ${value}, which no rows have`);
    }
  };
  const isEmpty = (nth: number) => totals[at.counts.start + nth] === 0;
  const classOf = (index: number) => Math.floor(index / nFeatures);
  check('rejected', at.rejected, isCount);
  check('counts', at.counts, isSum);
  check('means', at.means, (value, i) => (isEmpty(classOf(i)) ? value === 0 : Math.abs(value) <= LARGEST_FLOAT32));
  check('squares', at.squares, (value, i) => (isEmpty(classOf(i)) ? value === 0 : isSum(value)));
  check('scatter', at.scatter, Number.isFinite);
}

const wrong = (problem: string) => new CenterLossError('ERR_FORMAT', `no statistics: ${problem}`);
