// @ts-check
/** Storage of an object, in the SQLite database that is its own. */
import { nothingSeen } from './sequences.js';

/** @import { DurableObjectStorage } from 'cloudflare:workers' */
/** @import { Seen } from './sequences.js' */

/** A row may have 2 MB. */
const PART_BYTES = 1_000_000;

const TABLES = `
  CREATE TABLE IF NOT EXISTS fit (id INTEGER PRIMARY KEY CHECK (id = 0), birth TEXT NOT NULL, version INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS statistics (part INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS producers (name TEXT PRIMARY KEY, next INTEGER NOT NULL, ahead BLOB NOT NULL) WITHOUT ROWID;
`;

export class FitStorage {
  #storage;
  #sql;

  /** @param {DurableObjectStorage} storage */
  constructor(storage) {
    this.#storage = storage;
    this.#sql = storage.sql;
  }

  /**
   * Writes all or nothing: an error of `write` undoes its writes, and so does the end of the process.
   * @template Result @param {() => Result} write @returns {Result}
   */
  atOnce(write) {
    return this.#storage.transactionSync(write);
  }

  /** Tells whether anything was ever merged, without taking storage for the answer. */
  exists() {
    return this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'fit'").toArray().length > 0;
  }

  /** Within `atOnce`: makes the tables, unless they are there. */
  create() {
    if (this.exists()) return;
    this.#sql.exec(TABLES);
    this.#sql.exec('INSERT INTO fit VALUES (0, ?, 0)', crypto.randomUUID());
  }

  /**
   * Number of merged batches, and an id that tells this fit from a lost one of the same name.
   * @returns {{ birth: string, version: number }}
   */
  version() {
    const { birth, version } = this.#sql.exec('SELECT birth, version FROM fit').one();
    return { birth: String(birth), version: Number(version) };
  }

  /** @param {number} version */
  writeVersion(version) {
    this.#sql.exec('UPDATE fit SET version = ?', version);
  }

  /** @returns {Uint8Array<ArrayBuffer> | undefined} */
  file() {
    const parts = this.#sql
      .exec('SELECT bytes FROM statistics ORDER BY part')
      .toArray()
      .map(({ bytes }) => /** @type {ArrayBuffer} */ (bytes));
    if (parts.length === 0) return undefined;
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
    let at = 0;
    for (const part of parts) {
      all.set(new Uint8Array(part), at);
      at += part.byteLength;
    }
    return all;
  }

  /** @param {Uint8Array} file as long as the one before: statistics of the same shape */
  writeFile(file) {
    for (let part = 0; PART_BYTES * part < file.length; part++) {
      const some = file.slice(PART_BYTES * part, PART_BYTES * (part + 1));
      this.#sql.exec('INSERT OR REPLACE INTO statistics VALUES (?, ?)', part, some);
    }
  }

  countProducers() {
    return Number(this.#sql.exec('SELECT count(*) AS n FROM producers').one().n);
  }

  /** @param {string} producer @returns {Seen | undefined} */
  seen(producer) {
    const [row] = this.#sql.exec('SELECT next, ahead FROM producers WHERE name = ?', producer).toArray();
    return row && { next: Number(row.next), ahead: new Uint8Array(/** @type {ArrayBuffer} */ (row.ahead)) };
  }

  /** @param {string} producer @param {Seen} seen */
  writeSeen(producer, { next, ahead }) {
    this.#sql.exec('INSERT OR REPLACE INTO producers VALUES (?, ?, ?)', producer, next, ahead);
  }

  /** @param {string} producer */
  progress(producer) {
    return (this.exists() ? this.seen(producer) : undefined) ?? nothingSeen();
  }
}
