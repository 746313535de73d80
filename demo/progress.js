// @ts-check
/** Progress: a bar on a terminal, now and then a plain line elsewhere. */

import cliProgress from 'cli-progress';

/** @import { Step } from './train.js' */

const SECONDS_BETWEEN_LINES = 5;

/** Columns of a bar's line without the bar itself. */
const TEXT_COLUMNS = 74;
const WIDEST_BAR = 40;

/** Losses and accuracy of single batches jump; this much of the old value stays at each step. */
const INERTIA = 0.95;

/** @param {number} seconds */
function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/**
 * A line of work in so many steps.
 *
 * @param {string} name
 * @param {number} totalSteps
 * @param {() => string} state what to say beside the bar
 * @param {{ isTTY?: boolean, columns?: number, write: (text: string) => unknown }} out
 * @returns {{ advance: (steps?: number) => void, stop: () => void }}
 */
export function progressBar(name, totalSteps, state, out = process.stdout) {
  const plain = !out.isTTY || Boolean(process.env.CI);
  const bar = new cliProgress.SingleBar(
    {
      format: '{bar} {percentage} % {state}',
      // Terminals cut off what is too long for them.
      barsize: Math.max(4, Math.min(WIDEST_BAR, (out.columns ?? 80) - TEXT_COLUMNS)),
      hideCursor: false,
      // A training on the main thread never returns to the event loop, so neither timers nor signal handlers would run.
      gracefulExit: false,
      synchronousUpdate: true,
    },
    cliProgress.Presets.shades_classic,
  );
  const started = performance.now();
  let lastLine = started;
  let done = 0;

  const text = () => {
    if (done === 0) return 'starting';
    const left = ((performance.now() - started) / 1000 / done) * (totalSteps - done);
    return `${clock(left)} left  ${state()}`;
  };
  const line = () => {
    out.write(`${name} ${String(Math.floor((100 * done) / totalSteps)).padStart(3)} % ${text()}\n`);
  };

  if (!plain) {
    out.write(`${name.trim()}:\n`);
    bar.start(totalSteps, 0, { state: text() });
  }
  return {
    advance(steps = 1) {
      done += steps;
      if (!plain) {
        bar.update(done, { state: text() });
      } else if (performance.now() - lastLine >= 1000 * SECONDS_BETWEEN_LINES) {
        lastLine = performance.now();
        line();
      }
    },
    stop() {
      if (plain) line();
      else bar.stop();
    },
  };
}

/**
 * @param {string} name
 * @param {number} totalSteps
 * @returns {{ step: (step: Step) => void, stop: () => void }}
 */
export function trainingProgress(name, totalSteps) {
  /** @type {Step | undefined} */
  let mean;
  const state = () =>
    mean
      ? [
          `loss ${mean.total.toFixed(3)}`,
          `softmax ${mean.softmax.toFixed(3)}`,
          `center ${mean.center > 0 ? mean.center.toFixed(3) : '–'}`,
          `accuracy ${(100 * mean.accuracy).toFixed(1)} %`,
        ].join('  ')
      : '';
  const { advance, stop } = progressBar(name, totalSteps, state);
  return {
    step(step) {
      mean = mean ? blend(mean, step) : step;
      advance();
    },
    stop,
  };
}

/**
 * @param {Step} mean
 * @param {Step} step
 * @returns {Step}
 */
function blend(mean, step) {
  const mix = (/** @type {number} */ old, /** @type {number} */ now) => INERTIA * old + (1 - INERTIA) * now;
  return {
    epoch: step.epoch,
    softmax: mix(mean.softmax, step.softmax),
    center: mix(mean.center, step.center),
    total: mix(mean.total, step.total),
    accuracy: mix(mean.accuracy, step.accuracy),
  };
}
