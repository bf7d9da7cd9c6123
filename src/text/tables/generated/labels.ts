import { drawUnit } from "../../grammar/generate.ts";
import { defineGrammar } from "../../grammar/grammar.ts";
import { weighted } from "../../grammar/rules.ts";
import { independent, type GeneratedTable } from "./table.ts";

/** The names of an invented country's women and men, and how many in a hundred have them. */
interface Country {
  readonly country: string;
  readonly f: string;
  readonly m: string;
}

const countries: readonly Country[] = [
  {
    country: "Arvene",
    f: "Elira 60, Sonne 20, Vimara 20",
    m: "Alvo 60, Renn 15, Milaro 15, Sallen 10",
  },
  {
    country: "Belmark",
    f: "Hilde 60, Bremme 25, Pauld 15",
    m: "Humm 60, Lambel 10, Bedd 10, Sild 10, Pelmar 10",
  },
  {
    country: "Corva",
    f: "Tirka 60, Gorra 30, Kavira 10",
    m: "Rok 60, Vurtan 20, Skor 10, Tark 10",
  },
  {
    country: "Dunnland",
    f: "Rønne 60, Tude 10, Bondi 10, Hedra 10, Dusse 5, Sunna 5",
    m: "Dunder 60, Hørn 20, Tord 20",
  },
  {
    country: "Eskar",
    f: "Zirina 60, Askari 20, Nesi 10, Tazka 10",
    m: "Isker 60, Rasin 25, Sakur 15",
  },
];

/** Writes a country, the sex, and a name, with tabs between. No two labels share a name. */
export const labelGrammar = defineGrammar("labels", "line", {
  line: countries.flatMap(({ country }) => [
    [1, `${country}\tf\t<${country}F>\n`],
    [1, `${country}\tm\t<${country}M>\n`],
  ]),
  ...Object.fromEntries(
    countries.flatMap(({ country, f, m }) => [
      [`${country}F`, weighted(f)],
      [`${country}M`, weighted(m)],
    ]),
  ),
});

/**
 * Names of the people of invented countries. A label is a country and a sex, and all labels are equally likely. More
 * than half of a label's people have its commonest name.
 */
export const labels: GeneratedTable = {
  name: "labels",
  header: "country\tsex\tname",
  length: 2000,
  examples: independent((uniform) => drawUnit(labelGrammar, uniform).text),
};
