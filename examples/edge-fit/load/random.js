// @ts-check

/** Numbers in [0, 1) that are the same in each run: mulberry32, for faults, not for figures. @param {number} seed */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** In any order. @template Item @param {Item[]} items @param {() => number} next */
export function shuffle(items, next) {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [items[i], items[j]] = [/** @type {Item} */ (items[j]), /** @type {Item} */ (items[i])];
  }
}
