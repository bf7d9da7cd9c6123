import fc from "fast-check";
import { expect, it } from "vitest";
import { Tokenizer } from "../../src/text/tokens.ts";

function tokensOf(...pieces: string[]): string[] {
  const tokens: string[] = [];
  const tokenizer = new Tokenizer((token) => tokens.push(token));
  for (const piece of pieces) tokenizer.read(Array.from(piece, (character) => character.codePointAt(0) ?? 0));
  tokenizer.end();
  return tokens;
}

it("a text is its words, without spaces, and its line ends", () => {
  expect(tokensOf("The  fox\tran.\r\n\n A 🦊\n")).toEqual([
    "The",
    "fox",
    "ran.",
    "\n",
    "\n",
    "A",
    "🦊",
    "\n",
  ]);
  expect(tokensOf("  ")).toEqual([]);
});

it("a token may come in several pieces", () => {
  const texts = fc.string({ unit: fc.constantFrom("a", "b", " ", "\n"), maxLength: 20 });
  fc.assert(
    fc.property(texts, fc.nat(20), (text, cut) => {
      expect(tokensOf(text.slice(0, cut), text.slice(cut))).toEqual(tokensOf(text));
    }),
  );
});
