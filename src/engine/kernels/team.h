/* Barriers for the threads of a team. Threads spin briefly, then sleep, because there may be more threads than
 * cores. */
#ifndef CHARRNN_TEAM_H
#define CHARRNN_TEAM_H

#include <stdint.h>

#ifdef __wasm__
/* Sleeps until *word is no longer `seen`. May return earlier. This function and `barrier` are never inlined, because of
 * a fault of V8 11.3 (Node 20): if `run` itself contained the wait, `run` returned right after the wait. */
static __attribute__((noinline)) void sleep_on(uint32_t *word, uint32_t seen) {
  __builtin_wasm_memory_atomic_wait32((int *)word, (int)seen, -1);
}
static void wake_all(uint32_t *word) { __builtin_wasm_memory_atomic_notify((int *)word, 0xffffffffu); }
#else
#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
/* Sleeps 50 ms at most, because JavaScript can tell a team to leave but cannot wake a thread that sleeps here. */
static void sleep_on(uint32_t *word, uint32_t seen) {
  const struct timespec longest = {0, 50000000};
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, &longest, 0, 0);
}
static void wake_all(uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 0x7fffffff, 0, 0, 0); }
#else
#include <sched.h>
static void sleep_on(uint32_t *word, uint32_t seen) {
  (void)word;
  (void)seen;
  sched_yield();
}
static void wake_all(uint32_t *word) { (void)word; }
#endif
#endif

/* A pause of a spinning thread takes 10 to 50 nanoseconds, and leaves the core to the core's other hardware thread. A
 * number of spins should take about the same time on every machine. WebAssembly has no pause instruction, so a spin is
 * several checks of the word instead. */
#if defined(__x86_64__)
#define PAUSE() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define PAUSE() __asm__ volatile("isb")
#endif
#ifdef PAUSE
enum { LOOKS_A_SPIN = 1 };
#else
#define PAUSE() (void)0
enum { LOOKS_A_SPIN = 16 };
#endif

/* The state of a barrier. Threads that arrive write to one cache line; threads that wait read another cache line. */
typedef struct {
  uint32_t generation, unused[MEETING_BYTES / 8 - 1];
  uint32_t arrived, sleeping, unused_too[MEETING_BYTES / 8 - 2];
} Meeting;
_Static_assert(sizeof(Meeting) == MEETING_BYTES, "../memory-map.ts lays out meetings of this size");

/* `spins` is how often a thread checks a barrier before it sleeps. If `leaving` is set, all threads must leave, and no
 * thread may wait for another. ../arena.ts writes both words. `all` is the barrier of the whole team. `groups` are the
 * barriers of groups of neighbouring threads. */
typedef struct {
  uint32_t spins, leaving, unused[MEETING_BYTES / 4 - 2];
  Meeting all, groups[];
} Team;

/* Returns 1 once all `members` threads of this thread's group (or of the whole team) have called this function. Returns
 * 0 if the team is leaving. The code that sets `leaving` must then count up the generation, so that a thread that has
 * seen the old generation stops waiting. */
static __attribute__((noinline)) int barrier(Team *team, int members, int thread, int threads) {
  Meeting *meeting = members == threads ? &team->all : &team->groups[thread / members];
  const uint32_t seen = __atomic_load_n(&meeting->generation, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&team->leaving, __ATOMIC_SEQ_CST)) return 0;
  if (members == 1) return 1;
  if (__atomic_add_fetch(&meeting->arrived, 1, __ATOMIC_SEQ_CST) == (uint32_t)members) {
    __atomic_store_n(&meeting->arrived, 0, __ATOMIC_SEQ_CST);
    __atomic_add_fetch(&meeting->generation, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&meeting->sleeping, __ATOMIC_SEQ_CST) > 0) wake_all(&meeting->generation);
    return 1;
  }
  for (uint32_t i = 0; i < LOOKS_A_SPIN * team->spins; i++, PAUSE())
    if (__atomic_load_n(&meeting->generation, __ATOMIC_SEQ_CST) != seen) return !team->leaving;
  __atomic_add_fetch(&meeting->sleeping, 1, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(&meeting->generation, __ATOMIC_SEQ_CST) == seen) sleep_on(&meeting->generation, seen);
  __atomic_sub_fetch(&meeting->sleeping, 1, __ATOMIC_SEQ_CST);
  return !team->leaving;
}

#endif
