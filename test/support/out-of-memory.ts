/** Runs `act` where an array of so many float32 values can't be had. */
export function withoutRoomFor(length: number, act: () => void): void {
  const whole = globalThis.Float32Array;
  globalThis.Float32Array = new Proxy(whole, {
    construct(type, given) {
      if (given[0] === length) throw new RangeError('Array buffer allocation failed');
      return Reflect.construct(type, given) as object;
    },
  });
  try {
    act();
  } finally {
    globalThis.Float32Array = whole;
  }
}
