// @ts-check

/**
 * Puts each text between `<!-- table NAME -->` and `<!-- end -->` of a document.
 *
 * @param {string} document
 * @param {Record<string, string>} byName
 * @returns {string}
 */
export function fill(document, byName) {
  const places = new Set();
  const filled = document.replace(/<!-- table (\S+) -->\n.*?<!-- end -->/gs, (_, name) => {
    const text = byName[name];
    if (text === undefined) throw new Error(`there is no table '${name}'`);
    places.add(name);
    return `<!-- table ${name} -->\n${text}\n<!-- end -->`;
  });
  const left = Object.keys(byName).filter((name) => !places.has(name));
  if (left.length > 0) throw new Error(`the document has no place for ${left.join(', ')}`);
  return filled;
}
