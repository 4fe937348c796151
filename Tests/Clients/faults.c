// Preloaded into the relay by test_storage_faults.py: makes calls on files of RELAY_DATA_DIR fail while
// the page that FAULTS_FILE names says so, so that a test can switch faults on and off as it runs.
//
// The page is text, one rule a line: `call errno part-of-path [bytes]`, such as
//
//     write ENOSPC /journal/ 10
//     fsync EIO history.jsonl
//
// With `bytes`, a write puts that many bytes into the file before the next one fails, like a disk
// that becomes full within a frame. An fsync with it loses what was written since the last that
// succeeded, as the kernel may, and the next one succeeds without it. `write` also means pwrite and
// writev, `open` openat, and `fsync` fdatasync.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PAGE = 4096 };

static const char *page;
static char folder[PATH_MAX];
// Whether this thread's last write was cut short; the next one fails.
static __thread int is_torn;

static const struct {
    const char *name;
    int code;
} codes[] = {
    {"ENOSPC", ENOSPC}, {"EIO", EIO},       {"EACCES", EACCES}, {"EMFILE", EMFILE},
    {"EDQUOT", EDQUOT}, {"EROFS", EROFS},   {"ENOENT", ENOENT},
};

__attribute__((constructor)) static void map_rules(void) {
    const char *data = getenv("RELAY_DATA_DIR"), *file = getenv("FAULTS_FILE");
    if (!data || !file) return;
    snprintf(folder, sizeof folder, "%s", data);
    int number = open(file, O_RDONLY | O_CLOEXEC);
    if (number < 0) abort();
    page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, number, 0);
    if (page == MAP_FAILED) abort();
    close(number);
}

// The errno that a rule has for this call; 0 if it succeeds. `bytes` is set to how many bytes of a
// write succeed first, or to -1.
static int fault(const char *call, const char *path, long *bytes) {
    if (!page || !page[0] || strncmp(path, folder, strlen(folder)) != 0) return 0;
    char rules[PAGE + 1];
    memcpy(rules, page, PAGE);
    rules[PAGE] = 0;
    char *rest = rules, *line;
    while ((line = strsep(&rest, "\n"))) {
        char name[16], code[16], part[256];
        long count = -1;
        if (sscanf(line, "%15s %15s %255s %ld", name, code, part, &count) < 3) continue;
        if (strcmp(name, call) != 0 || !strstr(path, part)) continue;
        for (size_t n = 0; n < sizeof codes / sizeof codes[0]; n++) {
            if (strcmp(code, codes[n].name) != 0) continue;
            if (bytes) *bytes = count;
            return codes[n].code;
        }
        abort();
    }
    return 0;
}

static int fault_of_open(const char *call, int number, long *bytes) {
    if (!page || !page[0]) return 0;
    int saved = errno;
    char link[32], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", number);
    ssize_t count = readlink(link, path, sizeof path - 1);
    errno = saved;
    if (count < 0) return 0;
    path[count] = 0;
    return fault(call, path, bytes);
}

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define FAIL(code) \
    do { \
        errno = (code); \
        return -1; \
    } while (0)

// What a write may do: all of it, a part, or nothing.
static int cut(int number, size_t *count) {
    long bytes = -1;
    int code = fault_of_open("write", number, &bytes);
    if (!code) return 0;
    if (bytes > 0 && !is_torn && (size_t)bytes < *count) {
        is_torn = 1;
        *count = (size_t)bytes;
        return 0;
    }
    is_torn = 0;
    return code;
}

ssize_t write(int number, const void *bytes, size_t count) {
    REAL(write);
    int code = cut(number, &count);
    if (code) FAIL(code);
    return real(number, bytes, count);
}

ssize_t pwrite(int number, const void *bytes, size_t count, off_t offset) {
    REAL(pwrite);
    int code = cut(number, &count);
    if (code) FAIL(code);
    return real(number, bytes, count, offset);
}

ssize_t writev(int number, const struct iovec *pieces, int count) {
    REAL(writev);
    int code = fault_of_open("write", number, NULL);
    if (code) FAIL(code);
    return real(number, pieces, count);
}

// How much of each file is safe: nothing of a file that is not here.
static struct safe {
    ino_t inode;
    off_t size;
} safe_files[256];
static pthread_mutex_t safe_lock = PTHREAD_MUTEX_INITIALIZER;

static struct safe *safe_part(ino_t inode) {
    for (size_t n = 0; n < sizeof safe_files / sizeof safe_files[0]; n++) {
        if (safe_files[n].inode == 0) safe_files[n].inode = inode;
        if (safe_files[n].inode == inode) return &safe_files[n];
    }
    abort();
}

static void lose(int number, off_t from, off_t to) {
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", number);
    // With this one, pwrite does not append.
    int file = open(link, O_WRONLY | O_CLOEXEC);
    if (file < 0) abort();
    static const char zeros[PAGE];
    __typeof__(&pwrite) real = (__typeof__(&pwrite))dlsym(RTLD_NEXT, "pwrite");
    while (from < to) {
        size_t count = to - from < PAGE ? (size_t)(to - from) : PAGE;
        if (real(file, zeros, count, from) != (ssize_t)count) abort();
        from += (off_t)count;
    }
    close(file);
}

static int synchronize(int number, int (*real)(int)) {
    long bytes = -1;
    int code = fault_of_open("fsync", number, &bytes);
    struct stat status;
    if (fstat(number, &status) != 0) return -1;
    int result = code ? -1 : real(number);
    if (S_ISREG(status.st_mode) && (code ? bytes >= 0 : result == 0)) {
        pthread_mutex_lock(&safe_lock);
        struct safe *part = safe_part(status.st_ino);
        if (code) lose(number, part->size, status.st_size);
        else part->size = status.st_size;
        pthread_mutex_unlock(&safe_lock);
    }
    if (code) errno = code;
    return result;
}

int fsync(int number) {
    REAL(fsync);
    return synchronize(number, real);
}

int fdatasync(int number) {
    REAL(fdatasync);
    return synchronize(number, real);
}

#define ON_NUMBER(name, call, parameters, arguments) \
    int name parameters { \
        REAL(name); \
        int code = fault_of_open(call, number, NULL); \
        if (code) FAIL(code); \
        return real arguments; \
    }

ON_NUMBER(ftruncate, "ftruncate", (int number, off_t size), (number, size))
ON_NUMBER(ftruncate64, "ftruncate", (int number, off64_t size), (number, size))

ssize_t pread(int number, void *bytes, size_t count, off_t offset) {
    REAL(pread);
    int code = fault_of_open("read", number, NULL);
    if (code) FAIL(code);
    return real(number, bytes, count, offset);
}

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    int code = fault("mkdir", path, NULL);
    if (code) FAIL(code);
    return real(path, mode);
}

#define MODE_OF(flags, last) \
    mode_t mode = 0; \
    if ((flags) & O_CREAT || ((flags) & O_TMPFILE) == O_TMPFILE) { \
        va_list rest; \
        va_start(rest, last); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
    }

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        MODE_OF(flags, flags) \
        int code = fault("open", path, NULL); \
        if (code) FAIL(code); \
        return real(path, flags, mode); \
    }

#define OPENAT(name) \
    int name(int at, const char *path, int flags, ...) { \
        REAL(name); \
        MODE_OF(flags, flags) \
        int code = fault("open", path, NULL); \
        if (code) FAIL(code); \
        return real(at, path, flags, mode); \
    }

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
