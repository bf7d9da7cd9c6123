const counts = new Intl.NumberFormat("en-US");

/** A whole number with commas between the thousands: 1,234,567. */
export function formatCount(count: number): string {
  return counts.format(count);
}

const prefixes = ["", "k", "M", "G", "T"];

/** A number as about three digits and the letter for a power of 1000: 98,200 is ["98.2", "k"]. */
function scaled(value: number): [string, string] {
  let power = 0;
  let rest = value;
  // 999.5 and up would round to four digits.
  while (rest >= 999.5 && power < prefixes.length - 1) {
    rest /= 1000;
    power += 1;
  }
  const digits = power > 0 && rest < 99.95 ? 1 : 0;
  return [rest.toFixed(digits), prefixes[power] ?? ""];
}

/** A short form of a number: 98.2k. */
export function formatShort(value: number): string {
  return scaled(value).join("");
}

/** Bytes, in powers of 1000: 1.4 MB. */
export function formatBytes(bytes: number): string {
  const [digits, prefix] = scaled(bytes);
  return `${digits} ${prefix === "k" ? "K" : prefix}B`;
}

/** Seconds in their one or two largest units: 0.4s, 42s, 3m 05s, 2h 07m, 3d 04h. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h ${two((whole % 3600) / 60)}m`;
  return `${Math.floor(whole / 86_400)}d ${two((whole % 86_400) / 3600)}h`;
}

/** A loss in nats, to four digits after the point. */
export function formatLoss(nats: number): string {
  return nats.toFixed(4);
}

/**
 * Text with a visible sign in place of control characters, so that a model's text cannot send a terminal commands. A CR
 * stays only before a line feed: alone, it would let the rest of a line hide what is before it.
 */
export function printable(text: string): string {
  return text.replace(/\r\n|\p{Cc}/gu, (control) => (["\r\n", "\n", "\t"].includes(control) ? control : "�"));
}

/** Makes a text that comes in pieces printable. A CR waits for the character after it. */
export class PrintableText {
  #waiting = "";

  push(piece: string): string {
    const text = this.#waiting + piece;
    this.#waiting = text.endsWith("\r") ? "\r" : "";
    return printable(text.slice(0, text.length - this.#waiting.length));
  }

  /** What still waits. The text ends here, and another one may begin. */
  end(): string {
    const rest = printable(this.#waiting);
    this.#waiting = "";
    return rest;
  }
}

/** A word of a shell command, in quotes if the shell would give some of its characters a special meaning. */
export function shellWord(word: string): string {
  return /^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A share in per cent: `97.35 %`. */
export function formatShare(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
