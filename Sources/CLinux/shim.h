#ifndef SSE_RELAY_CLINUX_H
#define SSE_RELAY_CLINUX_H

// What Swift's Glibc module leaves out, and constants whose imported types differ
// from call to call: here each has one type.

#include <malloc.h>
#include <stdint.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#include <asm/hwcap.h>
#endif
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

// Declared by hand: <sys/socket.h> declares it only under _GNU_SOURCE, which a module map cannot
// set, and including that header here would take its types away from Swift's Glibc module.
struct sockaddr;
extern int accept4(int, struct sockaddr *, unsigned int *, int);

static const uint32_t linux_epoll_in = EPOLLIN;
static const uint32_t linux_epoll_out = EPOLLOUT;
static const uint32_t linux_epoll_rdhup = EPOLLRDHUP;
static const uint32_t linux_epoll_err = EPOLLERR;
static const uint32_t linux_epoll_hup = EPOLLHUP;
static const uint32_t linux_epoll_exclusive = EPOLLEXCLUSIVE;

// <fcntl.h> has O_PATH only under _GNU_SOURCE; the value is that of <asm-generic/fcntl.h>.
static const int32_t linux_o_path = 010000000;

static inline int linux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }
static inline int linux_eventfd_create(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
static inline int linux_timerfd_create(void) {
    return timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
}

// Arms the timer for an absolute time of CLOCK_MONOTONIC.
static inline int linux_timerfd_arm(int fd, uint64_t nanoseconds) {
    struct itimerspec spec = {
        .it_value = {
            .tv_sec = (time_t)(nanoseconds / 1000000000u),
            .tv_nsec = (long)(nanoseconds % 1000000000u),
        },
    };
    return timerfd_settime(fd, TFD_TIMER_ABSTIME, &spec, 0);
}

static inline int linux_epoll_control(int ep, int operation, int fd, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data = {.u64 = token}};
    return epoll_ctl(ep, operation, fd, &event);
}

// The kernel's own call: the C library's function is taken over.
static inline void linux_set_priority(int which, unsigned who, int value) {
    (void)syscall(SYS_setpriority, which, who, value);
}

// One heap for all threads, grown in large steps and kept: the loops' threads would each get an arena
// of their own, which glibc grows by single pages with a system call each, and which gives pages back
// that the next stream needs again.
static inline void linux_tune_heap(void) {
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_TOP_PAD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, 8 << 20);
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
}

// Gives pages back that are free in the middle of the heap, where the trim threshold does not reach,
// when there are more free bytes than `kept`. Looking is as much work as there are free chunks.
static inline void linux_trim_heap(size_t kept) {
#if __GLIBC_PREREQ(2, 33)
    if (mallinfo2().fordblks > kept) malloc_trim(kept);
#endif
}

// CRC-32C, eight bytes an instruction, where the processor has one for it: `linux_has_crc32c` says so
// and must have said so before.
#if defined(__x86_64__)
static inline int linux_has_crc32c(void) {
    unsigned int a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_2);
}
__attribute__((target("sse4.2")))
static inline uint32_t linux_crc32c(uint32_t remainder, const void *bytes, size_t count) {
    const unsigned char *next = bytes;
    uint64_t wide = remainder, word;
    for (; count >= 8; next += 8, count -= 8) {
        memcpy(&word, next, 8);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    remainder = (uint32_t)wide;
    for (; count > 0; count--) remainder = __builtin_ia32_crc32qi(remainder, *next++);
    return remainder;
}
#elif defined(__aarch64__)
static inline int linux_has_crc32c(void) { return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0; }
__attribute__((target("crc")))
static inline uint32_t linux_crc32c(uint32_t remainder, const void *bytes, size_t count) {
    const unsigned char *next = bytes;
    uint64_t word;
    for (; count >= 8; next += 8, count -= 8) {
        memcpy(&word, next, 8);
        remainder = __builtin_arm_crc32cd(remainder, word);
    }
    for (; count > 0; count--) remainder = __builtin_arm_crc32cb(remainder, *next++);
    return remainder;
}
#else
static inline int linux_has_crc32c(void) { return 0; }
static inline uint32_t linux_crc32c(uint32_t remainder, const void *bytes, size_t count) {
    return remainder;
}
#endif

// The process's environment: Swift refuses the mutable global itself.
extern char **environ;
static inline char **linux_environment(void) { return environ; }

// The accepted socket does not block and is not inherited. `address` is a sockaddr_storage.
// On Linux SOCK_NONBLOCK and SOCK_CLOEXEC are the same bits as eventfd's (all are O_…'s).
static inline int linux_accept(int listener, void *address, unsigned int *length) {
    return accept4(listener, (struct sockaddr *)address, length, EFD_NONBLOCK | EFD_CLOEXEC);
}

#endif
