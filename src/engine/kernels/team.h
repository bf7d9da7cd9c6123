/* Where the threads of a team meet. Threads spin briefly, then sleep: three on two cores must work. */
#ifndef CHARRNN_TEAM_H
#define CHARRNN_TEAM_H

#include <stdint.h>

#ifdef __wasm__
/* Wakes at a change of *word from `seen`, or earlier; returns at once where it has changed already. Never inlined, nor
 * is the barrier: with the wait inside `run`, V8 11.3 (Node 20) left `run` early once the wait was over. */
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
/* Not for longer than 50 ms: JavaScript, which may tell a team to leave, cannot wake who sleeps here. */
static void sleep_on(uint32_t *word, uint32_t seen) {
  const struct timespec longest = {0, 50000000};
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, &longest, 0, 0);
}
static void wake_all(uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 0x7fffffff, 0, 0, 0); }
#else
#include <sched.h>
static void sleep_on(uint32_t *word, uint32_t seen) {
  (void)word, (void)seen;
  sched_yield();
}
static void wake_all(uint32_t *word) { (void)word; }
#endif
#endif

/* How a thread that spins lets 10 to 50 nanoseconds pass, and leaves the core to its other thread meanwhile: the same
 * number of spins is to take much the same time everywhere. WebAssembly can but look again. */
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

/* Where threads meet. Those who come count themselves in another cache line than those who wait look at. */
typedef struct {
  uint32_t generation, unused[MEETING_BYTES / 8 - 1];
  uint32_t arrived, sleeping, unused_too[MEETING_BYTES / 8 - 2];
} Meeting;
_Static_assert(sizeof(Meeting) == MEETING_BYTES, "../arena.ts knows where each lies");

/* `spins`: how often a thread looks again before it sleeps. `leaving`: whether all are to leave as they are, and nobody
 * is to wait for another any more. ../arena.ts writes both. The whole team meets at `all`; where threads meet in groups
 * of neighbours, each group does so at a place of its own. */
typedef struct {
  uint32_t spins, leaving, unused[MEETING_BYTES / 4 - 2];
  Meeting all, groups[];
} Team;

/* Returns 1 once all `members` of this thread's group, or the whole team, have called it, 0 where the team is leaving.
 * Whoever sets `leaving` counts the generation up afterwards: a thread that has seen the generation before does not
 * wait for the next. */
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
