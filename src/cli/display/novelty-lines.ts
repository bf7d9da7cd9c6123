import { type Novelty } from "../../evaluation/novelty.ts";
import { formatCount } from "../terminal/format.ts";

/** At most so many characters of a stretch are shown. */
const MOST_SHOWN = 60;

/** A line for each sample: how much of it stands in the training text. */
export function describeNovelties(novelties: readonly Novelty[]): string {
  const lines = novelties.map((novelty, index) => {
    const sample = novelties.length === 1 ? "" : ` of sample ${index}`;
    return `novelty${sample}: ${describeLongest(novelty)}; ${describeShares(novelty)}\n`;
  });
  return lines.join("");
}

function describeLongest({ longest }: Novelty): string {
  if (longest === null) return "nothing of it stands in the training text";
  const { length, text, file, offset } = longest;
  const characters = Array.from(text);
  const shown = characters.length > MOST_SHOWN ? `${characters.slice(0, MOST_SHOWN).join("")}...` : text;
  return `the longest stretch from the training text has length ${formatCount(length)}, ${JSON.stringify(shown)}, at ${formatCount(offset)} of ${file}`;
}

function describeShares({ share5, share10, share20 }: Novelty): string {
  const shares = [share5, share10, share20].map((share) =>
    share === null ? "-" : `${Math.round(100 * share)} %`,
  );
  return `of the stretches of length 5, 10 and 20, ${shares.join(", ")} are from there`;
}
