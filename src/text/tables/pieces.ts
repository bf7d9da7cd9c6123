import { sourceName, type Source } from "../sources.ts";
import { Utf8Decoder } from "../utf8.ts";

const BYTE_ORDER_MARK = Buffer.from("\ufeff");

/**
 * The bytes of a source without the byte order mark, checked to be UTF-8. A piece is valid until the next piece is
 * requested. `onBytes` gets all bytes.
 * @throws CharrnnError if the source cannot be read or is not UTF-8
 */
export async function* utf8Pieces(
  source: Source,
  onBytes?: (bytes: Uint8Array) => void,
): AsyncGenerator<Buffer> {
  const decoder = new Utf8Decoder(sourceName(source.name), { mayBeBytes: false });
  let codePoints = new Uint32Array(0);
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const bytes of source.read()) {
    onBytes?.(bytes);
    if (codePoints.length < bytes.length) codePoints = new Uint32Array(bytes.length);
    decoder.decode(bytes, codePoints);
    const piece: Buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    if (head === undefined) {
      yield piece;
      continue;
    }
    head = Buffer.concat([head, piece]);
    if (isPartOfMark(head)) continue;
    yield startsWithMark(head) ? head.subarray(BYTE_ORDER_MARK.length) : head;
    head = undefined;
  }
  decoder.end();
}

/** Whether `head` may be the beginning of a byte order mark. */
function isPartOfMark(head: Buffer): boolean {
  return head.length < BYTE_ORDER_MARK.length && BYTE_ORDER_MARK.subarray(0, head.length).equals(head);
}

function startsWithMark(head: Buffer): boolean {
  return head.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
}
