import type { CenterLossError } from '../validate/errors.js';
import { formatError, quoted } from './errors.js';

/** Reader of a text that never goes back, so that its time is linear in the length of any text. */
export class Cursor {
  private readonly _text: string;
  private readonly _name: string;
  private _at = 0;

  /** @param name name of the text, for messages */
  constructor(text: string, name: string) {
    this._text = text;
    this._name = name;
  }

  /** Returns the next character after white space; '' at the end. */
  peek(): string {
    while (' \t\n\r'.includes(this._text.charAt(this._at)) && this._at < this._text.length) this._at++;
    return this._text.charAt(this._at);
  }

  /** Steps over a word if it comes next. */
  take(word: string): boolean {
    this.peek();
    if (!this._text.startsWith(word, this._at)) return false;
    this._at += word.length;
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
    const start = this._at;
    while (isDigit(this._text.charCodeAt(this._at))) this._at++;
    const digits = this._text.slice(start, this._at);
    const value = Number(digits);
    if (digits !== '' && (digits === '0' || !digits.startsWith('0')) && Number.isSafeInteger(value)) return value;
    this._at = start;
    throw this.unexpected('a whole number from 0 to 2^53 − 1');
  }

  /**
   * Reads a text in quotes and returns it with the quotes; a backslash escapes a quote.
   * @throws CenterLossError `ERR_FORMAT`
   */
  quotation(quotes: string): string {
    const quote = this.peek();
    if (quote === '' || !quotes.includes(quote)) throw this.unexpected('a string');
    const start = this._at;
    let end = start + 1;
    while (end < this._text.length && this._text.charAt(end) !== quote) end += this._text.charAt(end) === '\\' ? 2 : 1;
    if (end >= this._text.length) throw this.unexpected('a string that ends');
    this._at = end + 1;
    return this._text.slice(start, this._at);
  }

  unexpected(expected: string): CenterLossError {
    const next = this._text.slice(this._at, this._at + 20);
    const found = next === '' ? 'its end' : quoted(next);
    return formatError(`${this._name}: expected ${expected} at character ${this._at}, found ${found}`);
  }
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
