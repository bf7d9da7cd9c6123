/** A property of the characters of a text. A unit of a network may track the property. */
export interface Hypothesis {
  /** What the property is: "inside quotation marks". */
  readonly name: string;
  /** "auc" if the property is yes or no, "correlation" if it is a number (a depth, a position). */
  readonly measure: "auc" | "correlation";
  /** One value for each character; 0 or 1 for "auc". No NaN. */
  readonly values: Float32Array;
}
