/** The function that the C source exports. `program`, `team` and `scratch` are offsets in bytes into the arena. */
export type KernelEntry<ArenaStart> = (
  arena: ArenaStart,
  program: number,
  team: number,
  scratch: number,
  thread: number,
  threads: number,
) => void;
