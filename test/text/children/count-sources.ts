// Prints how many texts there are in the folder that it is given.
import { Readable } from "node:stream";
import { findSources } from "../../../src/text/sources.ts";

const { sources } = await findSources([process.argv[2]], Readable.from([]));
console.log(sources.length);
