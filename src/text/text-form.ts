import { CharrnnError } from "../errors.ts";
import { LineEndFolder } from "./line-ends.ts";
import { normalForms, Normalizer, type NormalForm } from "./unicode-form.ts";

export const newlineRules = ["keep", "lf"] as const;
export const normalizeRules = ["none", ...normalForms] as const;

/** What is done to every text that a model reads: its corpus, the texts it scores, and its primes. */
export interface TextForm {
  /** "lf": CR LF and CR become LF. */
  readonly newlines: (typeof newlineRules)[number];
  /** The Unicode form that letters with marks are brought into. */
  readonly normalize: (typeof normalizeRules)[number];
}

export const AS_IT_IS: TextForm = { newlines: "keep", normalize: "none" };

/** The members of a vocabulary's JSON that say how texts are read. A rule that changes nothing is left out. */
export type TextFormJson = Readonly<{ newlines?: "lf"; normalize?: NormalForm }>;

export function formToJson({ newlines, normalize }: TextForm): TextFormJson {
  return { ...(newlines !== "keep" && { newlines }), ...(normalize !== "none" && { normalize }) };
}

/** @throws CharrnnError if the JSON has a rule that there is not */
export function formFromJson({ newlines = "keep", normalize = "none" }: Record<string, unknown>): TextForm {
  const form = {
    newlines: newlineRules.find((rule) => rule === newlines),
    normalize: normalizeRules.find((rule) => rule === normalize),
  };
  const { newlines: folded, normalize: brought } = form;
  if (folded !== undefined && brought !== undefined) return { newlines: folded, normalize: brought };
  throw new CharrnnError("the vocabulary's newlines or normalize is not known; update charrnn");
}

/** Brings the code points of a text that comes in pieces into a form. */
export class FormWriter {
  readonly #folder: LineEndFolder | undefined;
  readonly #normalizer: Normalizer | undefined;

  constructor({ newlines, normalize }: TextForm) {
    this.#folder = newlines === "lf" ? new LineEndFolder() : undefined;
    this.#normalizer = normalize === "none" ? undefined : new Normalizer(normalize);
  }

  /** The code points that are certain after one more piece, which is overwritten. */
  apply(codes: Uint32Array): Uint32Array {
    const folded = this.#folder?.fold(codes) ?? codes;
    return this.#normalizer?.apply(folded) ?? folded;
  }

  /** The rest of the text. */
  end(): Uint32Array {
    return this.#normalizer?.end() ?? new Uint32Array(0);
  }
}

/** A short text in a form. */
export function inForm(codes: Uint32Array, form: TextForm): Uint32Array {
  const writer = new FormWriter(form);
  const begun = writer.apply(codes.slice());
  const rest = writer.end();
  const whole = new Uint32Array(begun.length + rest.length);
  whole.set(begun);
  whole.set(rest, begun.length);
  return whole;
}
