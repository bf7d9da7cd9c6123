import { wholeNumber } from "./dice.ts";
import { distinct, type GeneratedTable } from "./table.ts";

/** Years of two digits stand for a year between these days. */
const FIRST_DAY = Date.UTC(1930, 0, 1);
const LAST_DAY = Date.UTC(2029, 11, 31);
const DAY = 24 * 60 * 60 * 1000;

// prettier-ignore
const months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
  "November", "December"];

// prettier-ignore
const units = ["", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
  "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"];
const tens = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/** The ordinals that are no number with "th" after it. */
const ordinals: Readonly<Record<string, string | undefined>> = {
  one: "first",
  two: "second",
  three: "third",
  five: "fifth",
  eight: "eighth",
  nine: "ninth",
  twelve: "twelfth",
  twenty: "twentieth",
  thirty: "thirtieth",
};

/** The ways to write a day, from 1 to 31. */
const days: readonly ((day: number) => string)[] = [
  (day) => ordinalInWords(day),
  (day) => `${day}${ending(day)}`,
  (day) => String(day),
];

/** The ways to write a month, from 0 to 11. */
const monthNames: readonly ((month: number) => string)[] = [
  (month) => months[month],
  (month) => months[month].slice(0, 3),
];

/** The ways to write a year. */
const years: readonly ((year: number) => string)[] = [
  (year) => yearInWords(year),
  (year) => String(year),
  (year) => twoDigits(year % 100),
];

/** The orders of day, month and year. */
const orders: readonly ((day: string, month: string, year: string) => string)[] = [
  (day, month, year) => `${day} ${month} ${year}`,
  (day, month, year) => `the ${day} of ${month} ${year}`,
  (day, month, year) => `${month} ${day}, ${year}`,
];

/**
 * Dates as people write them, in words or digits, and the same dates as year, month and day in digits: "the third of
 * May 1987" is 1987-05-03. The dates are from 1930 to 2029, so two digits name one year. All written forms differ.
 */
export const dates: GeneratedTable = {
  name: "dates",
  header: "text\tdate",
  length: 3000,
  examples: distinct((uniform) => {
    const date = new Date(FIRST_DAY + DAY * wholeNumber(0, (LAST_DAY - FIRST_DAY) / DAY, uniform));
    const oneOf = <T>(ways: readonly T[]) => ways[wholeNumber(0, ways.length - 1, uniform)];
    const day = oneOf(days)(date.getUTCDate());
    const month = oneOf(monthNames)(date.getUTCMonth());
    const year = oneOf(years)(date.getUTCFullYear());
    return `${oneOf(orders)(day, month, year)}\t${date.toISOString().slice(0, 10)}\n`;
  }),
};

/** The English for a number from 1 to 99. */
function inWords(number: number): string {
  if (number < units.length) return units[number];
  const unit = number % 10;
  return tens[Math.floor(number / 10)] + (unit === 0 ? "" : `-${units[unit]}`);
}

/** Only the last word changes: twenty-one, twenty-first. */
function ordinalInWords(number: number): string {
  return inWords(number).replace(/[a-z]+$/, (last) => ordinals[last] ?? `${last}th`);
}

/** What is written after the digits of an ordinal number below 100. */
function ending(number: number): string {
  const isTeen = number > 10 && number < 20;
  return (isTeen ? undefined : ["th", "st", "nd", "rd"][number % 10]) ?? "th";
}

/** From 2000 to 2009 the thousands are spoken ("two thousand and nine"), otherwise the hundreds ("twenty ten"). */
function yearInWords(year: number): string {
  const rest = year % 100;
  if (year >= 2000 && rest < 10) return rest === 0 ? "two thousand" : `two thousand and ${inWords(rest)}`;
  return `${inWords(Math.floor(year / 100))} ${inWords(rest)}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}
