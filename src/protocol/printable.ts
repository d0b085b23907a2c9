// Text of strangers, made safe to print: in the log, on a terminal, in a report, in call records. Control characters
// give a terminal orders, and format characters (Unicode's bidirectional controls, for one) show a text as another than
// it is: https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing

/** Control, format, private and unpaired characters, line separators, and those that show nothing at all. */
const unprintable = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu;
/** Select graphic rendition, ECMA-48 8.3.117: colours. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
const coloring = /(\u001b\[[\d;]*m)/;

function escapeCharacter(character: string): string {
  if (character === "\n" || character === "\t") return character;
  return Array.from({ length: character.length }, (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`).join("");
}

/**
 * Writes each unprintable character as the escape that JSON has for it, such as \u202e; line feeds and tabs stay. A
 * JSON text keeps its meaning.
 */
export function printable(text: string): string {
  return text.replace(unprintable, escapeCharacter);
}

/** As {@link printable}, for lines that may have colours. */
export function printableColored(text: string): string {
  // A captured separator stays in the result, at odd places.
  const parts = text.split(coloring);
  return parts.map((part, at) => (at % 2 === 1 ? part : printable(part))).join("");
}
