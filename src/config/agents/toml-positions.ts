// Where a key is in voice.toml. Loaded only when the file has a mistake.

import { type AST, parseTOML } from "toml-eslint-parser";
import { MAX_DEPTH } from "./odd-values.ts";

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

export type TomlPath = readonly (string | number)[];

/** Finds the key at `path`, or the nearest table around it that is written in the file. */
export function tomlPositions(text: string): (path: TomlPath) => Position {
  const places = new Map<string, Position>();
  for (const part of parseTOML(text).body[0].body) {
    if (part.type === "TOMLTable") {
      // Also the tables around it, which may have no header of their own, and the list of [[tables]].
      const names = part.key.keys.map((one) => (one.type === "TOMLBare" ? one.name : one.value));
      for (const [index, one] of part.key.keys.slice(0, MAX_DEPTH).entries()) note(places, names.slice(0, index + 1), one);
      note(places, part.resolvedKey, part.key);
      for (const pair of part.body) notePair(places, part.resolvedKey, pair);
    } else notePair(places, [], part);
  }
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const place = places.get(placeKey(path.slice(0, length)));
      if (place !== undefined) return place;
    }
    return { line: 1, column: 1 };
  };
}

function placeKey(path: TomlPath): string {
  return JSON.stringify(path.map(String));
}

/** The first place counts: a table may be written in parts. */
function note(places: Map<string, Position>, path: TomlPath, { loc }: AST.TOMLNode): void {
  const key = placeKey(path);
  if (!places.has(key)) places.set(key, { line: loc.start.line, column: loc.start.column + 1 });
}

function notePair(places: Map<string, Position>, table: TomlPath, { key, value }: AST.TOMLKeyValue): void {
  let path = table;
  for (const part of key.keys.slice(0, MAX_DEPTH)) {
    path = [...path, part.type === "TOMLBare" ? part.name : part.value];
    note(places, path, part);
  }
  noteValue(places, path, value);
}

function noteValue(places: Map<string, Position>, path: TomlPath, value: AST.TOMLContentNode): void {
  if (value.type === "TOMLInlineTable") for (const pair of value.body) notePair(places, path, pair);
  if (value.type !== "TOMLArray") return;
  for (const [index, element] of value.elements.entries()) {
    note(places, [...path, index], element);
    noteValue(places, [...path, index], element);
  }
}
