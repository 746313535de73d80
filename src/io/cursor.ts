import type { CenterLossError } from '../validate/errors.js';
import { formatError, quoted } from './errors.js';

/** Reader of a text that never goes back, so that its time is linear in the length of any text. */
export class Cursor {
  readonly #text: string;
  readonly #name: string;
  #at = 0;

  /** @param name name of the text, for messages */
  constructor(text: string, name: string) {
    this.#text = text;
    this.#name = name;
  }

  /** Returns the next character after white space; '' at the end. */
  peek(): string {
    while (' \t\n\r'.includes(this.#text.charAt(this.#at)) && this.#at < this.#text.length) this.#at++;
    return this.#text.charAt(this.#at);
  }

  /** Steps over a word if it comes next. */
  take(word: string): boolean {
    this.peek();
    if (!this.#text.startsWith(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  /** @throws CenterLossError `ERR_FORMAT` unless `word` comes next */
  expect(word: string): void {
    if (!this.take(word)) throw this.unexpected(`'${word}'`);
  }

  /** @throws CenterLossError `ERR_FORMAT` unless only white space is left */
  expectEnd(): void {
    if (this.peek() !== '') throw this.unexpected('nothing more');
  }

  /**
   * Reads a whole number as JSON and Python write it.
   * @throws CenterLossError `ERR_FORMAT` for anything else, and for a number of 2⁵³ or more
   */
  natural(): number {
    this.peek();
    const start = this.#at;
    while (isDigit(this.#text.charCodeAt(this.#at))) this.#at++;
    const digits = this.#text.slice(start, this.#at);
    const value = Number(digits);
    if (digits !== '' && (digits === '0' || !digits.startsWith('0')) && Number.isSafeInteger(value)) return value;
    this.#at = start;
    throw this.unexpected('a whole number from 0 to 2^53 − 1');
  }

  /**
   * Reads a text in quotes and returns it with the quotes; a backslash escapes a quote.
   * @throws CenterLossError `ERR_FORMAT`
   */
  quotation(quotes: string): string {
    const quote = this.peek();
    if (quote === '' || !quotes.includes(quote)) throw this.unexpected('a string');
    const start = this.#at;
    let end = start + 1;
    while (end < this.#text.length && this.#text.charAt(end) !== quote) end += this.#text.charAt(end) === '\\' ? 2 : 1;
    if (end >= this.#text.length) throw this.unexpected('a string that ends');
    this.#at = end + 1;
    return this.#text.slice(start, this.#at);
  }

  unexpected(expected: string): CenterLossError {
    const next = this.#text.slice(this.#at, this.#at + 20);
    const found = next === '' ? 'its end' : quoted(next);
    return formatError(`${this.#name}: expected ${expected} at character ${this.#at}, found ${found}`);
  }
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
