/* Loaded before a command by LD_PRELOAD (bench/faults_preload.py): it ends the command with SIGKILL just before its n-th
 * change of a file below FAULTS_ROOT, and shifts the wall clock. The monotonic clock stays, as when a machine's date is set.
 * The numbers lie in the file FAULTS_SHARED, mapped by every process of the command and by the benchmark. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct shared {
    int64_t clock_s; /* added to the wall clock */
    int64_t changes; /* seen so far */
    int64_t die_at;  /* 0: never */
    int64_t pid;     /* of the first process, which is the one that dies */
};

static struct shared *shared;
static char root[PATH_MAX];

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("FAULTS_SHARED"), *below = getenv("FAULTS_ROOT");
    int descriptor = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (descriptor < 0)
        return;
    void *mapped = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    close(descriptor);
    if (mapped == MAP_FAILED)
        return;
    if (below && strlen(below) < sizeof root)
        strcpy(root, below);
    shared = mapped;
    __sync_bool_compare_and_swap(&shared->pid, 0, (int64_t)getpid());
}

static void change(void)
{
    if (__sync_add_and_fetch(&shared->changes, 1) == shared->die_at) {
        kill((pid_t)shared->pid, SIGKILL);
        if (getpid() != (pid_t)shared->pid)
            usleep(200000);
    }
}

static int below(const char *path)
{
    return shared && root[0] && path && strncmp(path, root, strlen(root)) == 0;
}

static void change_of(int descriptor)
{
    char link[64], path[PATH_MAX];
    if (!shared || !root[0])
        return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length > 0) {
        path[length] = 0;
        if (below(path))
            change();
    }
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int descriptor, const void *bytes, size_t count)
{
    change_of(descriptor);
    return NEXT(write)(descriptor, bytes, count);
}

int fsync(int descriptor)
{
    change_of(descriptor);
    return NEXT(fsync)(descriptor);
}

int fdatasync(int descriptor)
{
    change_of(descriptor);
    return NEXT(fdatasync)(descriptor);
}

int rename(const char *from, const char *to)
{
    if (below(from))
        change();
    return NEXT(rename)(from, to);
}

int unlink(const char *path)
{
    if (below(path))
        change();
    return NEXT(unlink)(path);
}

int mkdir(const char *path, mode_t mode)
{
    if (below(path))
        change();
    return NEXT(mkdir)(path, mode);
}

int clock_gettime(clockid_t clock, struct timespec *told)
{
    int status = NEXT(clock_gettime)(clock, told);
    if (status == 0 && shared && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        told->tv_sec += shared->clock_s;
    return status;
}

int gettimeofday(struct timeval *told, void *zone)
{
    int status = NEXT(gettimeofday)(told, zone);
    if (status == 0 && shared)
        told->tv_sec += shared->clock_s;
    return status;
}

time_t time(time_t *told)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (told)
        *told = now.tv_sec;
    return now.tv_sec;
}
