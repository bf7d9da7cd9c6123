/** What the C source exports: `program` and the places are offsets in bytes into the arena. */
export type KernelEntry<ArenaStart> = (
  arena: ArenaStart,
  program: number,
  team: number,
  scratch: number,
  thread: number,
  threads: number,
) => void;
