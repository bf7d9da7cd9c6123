/** Nats as bits: a loss per character divided by the logarithm of 2. */
export function bitsOf(nats: number): number {
  return nats / Math.LN2;
}
