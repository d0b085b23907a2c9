// The keys that a table of voice.toml may have, from its JSON Schema.

import { jsonSchema } from "./schema.ts";

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
}

/** Made once: a file may have thousands of mistakes. */
let root: SchemaNode | undefined;

/** The keys of the table at `path`, those of every alternative. Empty: not a table. */
export function knownKeys(path: readonly (string | number)[]): readonly string[] {
  root ??= jsonSchema() as SchemaNode;
  let nodes: readonly SchemaNode[] = alternatives(root);
  for (const part of path) nodes = nodes.flatMap((node) => alternatives(child(node, part)));
  return [...new Set(nodes.flatMap(({ properties = {} }) => Object.keys(properties)))];
}

function alternatives(node: SchemaNode | undefined): readonly SchemaNode[] {
  return node === undefined ? [] : (node.anyOf ?? [node]);
}

function child({ properties, additionalProperties, items }: SchemaNode, part: string | number): SchemaNode | undefined {
  if (typeof part === "number") return items;
  const own = properties !== undefined && Object.hasOwn(properties, part) ? properties[part] : undefined;
  return own ?? (typeof additionalProperties === "object" ? additionalProperties : undefined);
}
