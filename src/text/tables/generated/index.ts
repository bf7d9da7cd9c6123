import { bloodPressure } from "./blood-pressure.ts";
import { nationalities } from "./nationalities.ts";
import { reviews } from "./reviews.ts";
import { series } from "./series.ts";
import { type GeneratedTable } from "./table.ts";

/** The tables that `charrnn corpus` knows, by name. */
export const generatedTables: Readonly<Record<string, GeneratedTable>> = {
  [bloodPressure.name]: bloodPressure,
  [nationalities.name]: nationalities,
  [reviews.name]: reviews,
  [series.name]: series,
};

export { generateTable, type GeneratedTable } from "./table.ts";
