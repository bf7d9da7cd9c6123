import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import { type Baseline } from "./baseline.ts";

const compress = promisify(brotliCompress);

/** A longer text is not compressed: the best level takes over a second for each megabyte. */
export const BROTLI_LIMIT = 20_000_000;

/**
 * The size of the compressed text in bits per character. The settings are brotli's best: quality 11 and the largest
 * standard window (2^24 bytes). `bytes` are the text in pieces, `characters` is its length. Above `BROTLI_LIMIT` bytes
 * the baseline is null. The compression runs on its own thread.
 */
export async function brotliBaseline(
  bytes: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  characters: number,
): Promise<Baseline> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of bytes) {
    size += piece.length;
    if (size > BROTLI_LIMIT) {
      return {
        bitsPerCharacter: null,
        note: `brotli compresses at most ${BROTLI_LIMIT / 1e6} MB, and the text is larger`,
      };
    }
    pieces.push(piece);
  }
  const compressed = await compress(Buffer.concat(pieces, size), {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: size,
    },
  });
  return { bitsPerCharacter: (8 * compressed.length) / characters };
}
