// Picks parts of a JSON document by paths: $.name, $.items[0].price, $["first name"]. The part of RFC 9535 that names
// one value.

type Key = string | number;

/** The keys of a path; undefined when it is not one. */
export function parseJsonPath(path: string): readonly Key[] | undefined {
  if (!path.startsWith("$")) return undefined;
  const segment = /\.([A-Za-z_][\w-]*)|\[(\d{1,9})\]|\["((?:[^"\\]|\\.)*)"\]/y;
  const keys: Key[] = [];
  for (let at = 1; at < path.length; at = segment.lastIndex) {
    segment.lastIndex = at;
    const [, name, index, quoted] = segment.exec(path) ?? [];
    if (name !== undefined) keys.push(name);
    else if (index !== undefined) keys.push(Number(index));
    else if (quoted !== undefined) keys.push(quoted.replaceAll(/\\(.)/g, "$1"));
    else return undefined;
  }
  return keys;
}

/** The value at a path; undefined when there is none. */
export function valueAt(document: unknown, path: string): unknown {
  let value = document;
  for (const key of parseJsonPath(path) ?? []) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<Key, unknown>)[key];
  }
  return value;
}
