import { autoregressive } from "./autoregressive.ts";
import { bloodPressure } from "./blood-pressure.ts";
import { brackets } from "./brackets.ts";
import { dates } from "./dates.ts";
import { drawings } from "./drawings.ts";
import { inflections } from "./inflections.ts";
import { labels } from "./labels.ts";
import { reversal, sorting } from "./letters.ts";
import { maximum } from "./maximum.ts";
import { nationalities } from "./nationalities.ts";
import { reviews } from "./reviews.ts";
import { series } from "./series.ts";
import { type GeneratedTable } from "./table.ts";
import { tags } from "./tags.ts";

/** The tables that `charrnn corpus` knows, by name. */
export const generatedTables: Readonly<Record<string, GeneratedTable>> = {
  [autoregressive.name]: autoregressive,
  [bloodPressure.name]: bloodPressure,
  [brackets.name]: brackets,
  [dates.name]: dates,
  [drawings.name]: drawings,
  [inflections.name]: inflections,
  [labels.name]: labels,
  [maximum.name]: maximum,
  [nationalities.name]: nationalities,
  [reversal.name]: reversal,
  [reviews.name]: reviews,
  [series.name]: series,
  [sorting.name]: sorting,
  [tags.name]: tags,
};

export { generateTable, type GeneratedTable } from "./table.ts";
