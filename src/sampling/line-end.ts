import { type Checkpoint } from "../checkpoint/format.ts";
import { type TextVocabulary } from "../text/text-vocabulary.ts";
import { TokenVocabulary } from "../text/token-vocabulary.ts";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * How the lines of a model's text end: with LF, CR LF or CR. Undefined if the model knows none of them. A model that
 * knows LF and CR has lines of CR LF if all its beginnings end so: they end where a line of the training text ends.
 */
export function lineEndOf(
  { beginnings = [] }: Pick<Checkpoint, "beginnings">,
  vocabulary: TextVocabulary,
): string | undefined {
  if (vocabulary instanceof TokenVocabulary) return vocabulary.lineFeed === undefined ? undefined : "\n";
  const [feed, back] = [LINE_FEED, CARRIAGE_RETURN].map((code) => vocabulary.indexOf(code));
  if (feed === undefined) return back === undefined ? undefined : "\r";
  if (back === undefined) return "\n";
  return beginnings.every((symbols) => symbols.at(-1) === feed && symbols.at(-2) === back) ? "\r\n" : "\n";
}
