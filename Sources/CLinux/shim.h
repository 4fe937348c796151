#ifndef SSE_RELAY_CLINUX_H
#define SSE_RELAY_CLINUX_H

// What Swift's Glibc module leaves out, and constants whose imported types differ
// from call to call: here each has one type.

#include <malloc.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

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

// One heap for all threads, grown in large steps and kept: the loops' threads would each get an arena
// of their own, which glibc grows by single pages with a system call each, and which gives pages back
// that the next stream needs again.
static inline void linux_tune_heap(void) {
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_TOP_PAD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, 8 << 20);
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
}

// The process's environment: Swift refuses the mutable global itself.
extern char **environ;
static inline char **linux_environment(void) { return environ; }

// The accepted socket does not block and is not inherited. `address` is a sockaddr_storage.
// On Linux SOCK_NONBLOCK and SOCK_CLOEXEC are the same bits as eventfd's (all are O_…'s).
static inline int linux_accept(int listener, void *address, unsigned int *length) {
    return accept4(listener, (struct sockaddr *)address, length, EFD_NONBLOCK | EFD_CLOEXEC);
}

#endif
