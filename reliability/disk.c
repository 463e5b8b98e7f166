/* A disk that fails on demand. Preloaded, it stands before the calls with which a process changes files below one folder,
   counts them, and at a given one returns an error or kills the process. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { NOTHING, ERROR, FULL, KILL_BEFORE, KILL_AFTER };

static char folder[PATH_MAX];
static size_t length;
static atomic_int calls, at, how, note = -1;

/* From the next call on, count changes below `path`; at the `number`th do `what`, and write its name to `file`. */
void disk_arm(const char *path, int number, int what, int file) {
    snprintf(folder, sizeof folder, "%s", path);
    length = strlen(folder);
    calls = 0;
    at = number;
    how = what;
    note = file;
}

int disk_calls(void) { return calls; }

static int below_path(int directory, const char *path) {
    char name[PATH_MAX], link[64];
    if (!length || !path) return 0;
    if (path[0] == '/') return strncmp(path, folder, length) == 0;
    if (directory == AT_FDCWD) return getcwd(name, sizeof name) && strncmp(name, folder, length) == 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
    ssize_t size = readlink(link, name, sizeof name - 1);
    if (size < 0) return 0;
    name[size] = 0;
    return strncmp(name, folder, length) == 0;
}

static int below(int descriptor) {
    char name[PATH_MAX], link[64];
    if (!length) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t size = readlink(link, name, sizeof name - 1);
    if (size < 0) return 0;
    name[size] = 0;
    return strncmp(name, folder, length) == 0;
}

/* Count one call; what is to happen to it. A disk that is full stays so. `grows`: the call needs room. */
static int turn(const char *name, const char *path, int descriptor, int grows) {
    int kept = errno, number = ++calls, what = NOTHING;
    if (number == at) {
        char text[2 * PATH_MAX], link[64], file[PATH_MAX] = "";
        if (path) snprintf(file, sizeof file, "%s", path);
        else {
            snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
            ssize_t size = readlink(link, file, sizeof file - 1);
            file[size < 0 ? 0 : size] = 0;
        }
        int size = snprintf(text, sizeof text, "%s %s", name, file);
        static ssize_t (*plain)(int, const void *, size_t);
        if (!plain) plain = dlsym(RTLD_NEXT, "write");
        if (note >= 0) plain(note, text, size);
        what = how;
        if (what == FULL && !grows) what = NOTHING;
    } else if (at && number > at && how == FULL && grows)
        what = FULL;
    if (what == KILL_BEFORE) kill(getpid(), SIGKILL);
    if (what == ERROR) errno = EIO;
    else if (what == FULL) errno = ENOSPC;
    else errno = kept;
    return what;
}

#define NEXT(result, name, ...)                          \
    static result (*next)(__VA_ARGS__);                  \
    if (!next) next = dlsym(RTLD_NEXT, name)
#define DONE(call)                                       \
    long done = (call);                                  \
    if (what == KILL_AFTER) kill(getpid(), SIGKILL);     \
    return done
#define FAILS(what) ((what) == ERROR || (what) == FULL)

ssize_t write(int file, const void *text, size_t size) {
    NEXT(ssize_t, "write", int, const void *, size_t);
    if (!below(file)) return next(file, text, size);
    int what = turn("write", 0, file, 1);
    if (what == KILL_AFTER || (what == FULL && calls == at)) size = (size + 1) / 2; /* half of it still fits */
    else if (FAILS(what)) return -1;
    DONE(next(file, text, size));
}

#define PWRITE(function)                                                              \
    ssize_t function(int file, const void *text, size_t size, off_t place) {          \
        NEXT(ssize_t, #function, int, const void *, size_t, off_t);                   \
        if (!below(file)) return next(file, text, size, place);                       \
        int what = turn("pwrite", 0, file, 1);                                        \
        if (what == KILL_AFTER) size = (size + 1) / 2;                                \
        else if (FAILS(what)) return -1;                                              \
        DONE(next(file, text, size, place));                                          \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

ssize_t writev(int file, const struct iovec *parts, int count) {
    NEXT(ssize_t, "writev", int, const struct iovec *, int);
    if (!below(file)) return next(file, parts, count);
    int what = turn("writev", 0, file, 1);
    if (FAILS(what)) return -1;
    DONE(next(file, parts, count));
}

#define ON_FILE(function, grows)                             \
    int function(int file) {                                 \
        NEXT(int, #function, int);                           \
        if (!below(file)) return next(file);                 \
        int what = turn(#function, 0, file, grows);          \
        if (FAILS(what)) return -1;                          \
        DONE(next(file));                                    \
    }
ON_FILE(fsync, 1)
ON_FILE(fdatasync, 1)

#define TRUNCATE(function)                                   \
    int function(int file, off_t size) {                     \
        NEXT(int, #function, int, off_t);                    \
        if (!below(file)) return next(file, size);           \
        int what = turn("ftruncate", 0, file, 0);            \
        if (FAILS(what)) return -1;                          \
        DONE(next(file, size));                              \
    }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

#define OPEN(function)                                                                      \
    int function(const char *path, int flags, ...) {                                        \
        va_list rest;                                                                       \
        va_start(rest, flags);                                                              \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;             \
        va_end(rest);                                                                       \
        NEXT(int, #function, const char *, int, ...);                                       \
        if (!(flags & O_CREAT) || !below_path(AT_FDCWD, path)) return next(path, flags, mode); \
        int what = turn("create", path, -1, 1);                                             \
        if (FAILS(what)) return -1;                                                         \
        DONE(next(path, flags, mode));                                                      \
    }
OPEN(open)
OPEN(open64)

#define RENAME(call, arguments, ...)                                        \
    NEXT(int, call, __VA_ARGS__);                                           \
    if (!below_path(AT_FDCWD, to)) return next arguments;                   \
    int what = turn("rename", to, -1, 0);                                   \
    if (FAILS(what)) return -1;                                             \
    DONE(next arguments)

int rename(const char *from, const char *to) { RENAME("rename", (from, to), const char *, const char *); }

int renameat(int one, const char *from, int other, const char *to) {
    RENAME("renameat", (one, from, other, to), int, const char *, int, const char *);
}

int renameat2(int one, const char *from, int other, const char *to, unsigned flags) {
    RENAME("renameat2", (one, from, other, to, flags), int, const char *, int, const char *, unsigned);
}

int link(const char *from, const char *to) { RENAME("link", (from, to), const char *, const char *); }

int linkat(int one, const char *from, int other, const char *to, int flags) {
    RENAME("linkat", (one, from, other, to, flags), int, const char *, int, const char *, int);
}

int mkdir(const char *path, mode_t mode) {
    NEXT(int, "mkdir", const char *, mode_t);
    if (!below_path(AT_FDCWD, path)) return next(path, mode);
    int what = turn("mkdir", path, -1, 1);
    if (FAILS(what)) return -1;
    DONE(next(path, mode));
}

int unlink(const char *path) {
    NEXT(int, "unlink", const char *);
    if (!below_path(AT_FDCWD, path)) return next(path);
    int what = turn("unlink", path, -1, 0);
    if (FAILS(what)) return -1;
    DONE(next(path));
}

int unlinkat(int directory, const char *path, int flags) {
    NEXT(int, "unlinkat", int, const char *, int);
    if (!below_path(directory, path)) return next(directory, path, flags);
    int what = turn("unlink", path, -1, 0);
    if (FAILS(what)) return -1;
    DONE(next(directory, path, flags));
}

#define COPY(function, types, arguments)                     \
    ssize_t function types {                                 \
        NEXT(ssize_t, #function, ON_COPY);                   \
        if (!below(out)) return next arguments;              \
        int what = turn(#function, 0, out, 1);               \
        if (FAILS(what)) return -1;                          \
        DONE(next arguments);                                \
    }
#define ON_COPY int, int, off_t *, size_t
COPY(sendfile, (int out, int in, off_t *place, size_t size), (out, in, place, size))
COPY(sendfile64, (int out, int in, off_t *place, size_t size), (out, in, place, size))
