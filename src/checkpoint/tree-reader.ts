import { elementCount } from "../engine/tensor.ts";
import { type ByteWindow } from "./byte-window.ts";
import {
  DEPTH_LIMIT,
  DTYPES,
  FORBIDDEN_KEYS,
  VALUE_LIMIT,
  quoted,
  type Dtype,
  type NamedArray,
  type Tree,
} from "./format.ts";
import { JsonTokens } from "./json-tokens.ts";

/** The bytes of the largest typed array in Node 20. */
const LARGEST_TENSOR = 2 ** 32;

/**
 * Reads JSON that may contain tensors from a window over its bytes. An object with the keys `shape`, `dtype` and
 * `data`, in this order, is a tensor. Its data is decoded directly into a typed array. Duplicate keys, special keys
 * (__proto__, for example), deep nesting and too many values are refused.
 */
export class TreeReader {
  readonly #window: ByteWindow;
  readonly #tokens: JsonTokens;
  #values = 0;

  constructor(window: ByteWindow) {
    this.#window = window;
    this.#tokens = new JsonTokens(window);
  }

  /**
   * The members of the outermost object, one by one. The object has no closing brace: the window ends before the member
   * `checksum`, because the checksum covers only the bytes before it.
   * @throws CharrnnError if the text is not JSON or is refused; the message names the byte
   */
  *members(): Generator<[key: string, value: Tree]> {
    const tokens = this.#tokens;
    const seen = new Set(["checksum"]);
    tokens.expect("{");
    do {
      const key = this.#key((name) => seen.has(name));
      seen.add(key);
      yield [key, this.#value(key, 1)];
    } while (tokens.accept(","));
    if (tokens.peek() !== "") tokens.fail("a comma or the end is expected");
  }

  #value(path: string, depth: number): Tree {
    const tokens = this.#tokens;
    if (depth >= DEPTH_LIMIT) tokens.fail("the nesting is too deep");
    if (++this.#values > VALUE_LIMIT) tokens.fail("there are too many values");
    switch (tokens.peek()) {
      case "{":
        return this.#object(path, depth);
      case "[":
        return this.#array(path, depth);
      case '"':
        return tokens.string();
      default:
        return tokens.scalar();
    }
  }

  #array(path: string, depth: number): Tree[] {
    const tokens = this.#tokens;
    const elements: Tree[] = [];
    tokens.expect("[");
    if (tokens.accept("]")) return elements;
    do elements.push(this.#value(`${path}[${elements.length}]`, depth + 1));
    while (tokens.accept(","));
    tokens.expect("]");
    return elements;
  }

  #object(path: string, depth: number): Tree {
    const tokens = this.#tokens;
    const object: Record<string, Tree> = {};
    tokens.expect("{");
    if (tokens.accept("}")) return object;
    do {
      const key = this.#key((name) => Object.hasOwn(object, name));
      if (key === "data" && Object.keys(object).join() === "shape,dtype") {
        const tensor = this.#tensor(path, object.shape, object.dtype);
        tokens.expect("}");
        return tensor;
      }
      object[key] = this.#value(`${path}.${key}`, depth + 1);
    } while (tokens.accept(","));
    tokens.expect("}");
    return object;
  }

  #key(isTaken: (name: string) => boolean): string {
    const tokens = this.#tokens;
    const key = tokens.string();
    if (FORBIDDEN_KEYS.has(key)) tokens.fail(`the key ${key} is not allowed`);
    if (isTaken(key)) tokens.fail(`the key ${quoted(key)} appears twice`);
    tokens.expect(":");
    return key;
  }

  #tensor(path: string, shape: Tree, dtype: Tree): NamedArray {
    const tokens = this.#tokens;
    if (typeof dtype !== "string" || !Object.hasOwn(DTYPES, dtype)) {
      return tokens.fail(`${quoted(path)} has a dtype that is not one of ${Object.keys(DTYPES).join(", ")}`);
    }
    if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
      return tokens.fail(`${quoted(path)} has a shape that is not a list of whole numbers`);
    }
    const sizes = shape as number[];
    const typedArray = DTYPES[dtype as Dtype];
    const byteLength = elementCount(sizes) * typedArray.BYTES_PER_ELEMENT;
    // Base64 is longer than its data. So no memory is allocated for a shape with more bytes than the file has left.
    if (!(byteLength <= Math.min(this.#window.ahead, LARGEST_TENSOR))) {
      tokens.fail(`${quoted(path)} has less data than its shape [${sizes.join(", ")}] needs`);
    }
    const target = Buffer.from(new ArrayBuffer(byteLength));
    const filled = this.#data(target);
    if (filled < byteLength) {
      tokens.fail(`${quoted(path)} has ${filled} bytes of data, but its shape needs ${byteLength}`);
    }
    return { shape: sizes, dtype, data: new typedArray(target.buffer) } as NamedArray;
  }

  #data(target: Buffer): number {
    const tokens = this.#tokens;
    if (!tokens.accept("[")) return tokens.base64(target, 0);
    let filled = 0;
    do filled = tokens.base64(target, filled);
    while (tokens.accept(","));
    tokens.expect("]");
    return filled;
  }
}
