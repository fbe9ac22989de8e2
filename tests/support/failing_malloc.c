// Loaded in front of the C library (LD_PRELOAD): the n-th allocation of chosen libraries fails.
//
//     MQ_FAIL_IN      names of libraries, as libyaml,libjansson, by who calls; libc.so: the C library
//                     where it is called by the program itself
//     MQ_FAIL_AT      n, counted from the start of the process; 0 or not set: none
//     MQ_FAIL_RANK    only in this rank; not set: in every process
//     MQ_FAIL_REPORT  file that gets the number of such allocations when the process ends
#define _GNU_SOURCE // dl_iterate_phdr

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The C library's own functions, under the names that it keeps for those who replace them.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *pointer, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

enum { RANGES_MAX = 16 };

struct ranges {
    struct {
        uintptr_t from;
        uintptr_t to;
    } range[RANGES_MAX];
    int n;
};

static struct ranges chosen;
static struct ranges libc; // and this library
static struct ranges program; // and libmqcast
static int is_libc_chosen;
static uint64_t fail_at;
static atomic_uint_fast64_t calls;

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static int is_listed(const char *name)
{
    const char *list = getenv("MQ_FAIL_IN");
    while (list != NULL && *list != '\0') {
        const size_t n = strcspn(list, ",");
        if (n > 0 && strncmp(name, list, n) == 0) return 1;
        list += n + (list[n] == ',');
    }
    return 0;
}

static int begins(const char *name, const char *with)
{
    return strncmp(name, with, strlen(with)) == 0;
}

static int note_library(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    (void)context;
    const char *name = name_of(info->dlpi_name); // empty: the program
    const int is_libc = begins(name, "libc.so") || begins(name, "libfailing_malloc");
    const int is_program = name[0] == '\0' || begins(name, "libmqcast");
    struct ranges *to = is_libc ? &libc : is_program ? &program : NULL;
    if (begins(name, "libc.so")) is_libc_chosen = is_listed(name);
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type != PT_LOAD || (header->p_flags & PF_X) == 0) continue;
        const uintptr_t from = info->dlpi_addr + header->p_vaddr;
        for (int is_second = 0; is_second < 2; is_second++) {
            struct ranges *list = is_second ? &chosen : to;
            if (list == NULL || list->n == RANGES_MAX ||
                (is_second && (is_libc || !is_listed(name))))
                continue;
            list->range[list->n].from = from;
            list->range[list->n++].to = from + header->p_memsz;
        }
    }
    return 0;
}

static int contains(const struct ranges *list, const void *address)
{
    for (int i = 0; i < list->n; i++)
        if ((uintptr_t)address >= list->range[i].from && (uintptr_t)address < list->range[i].to)
            return 1;
    return 0;
}

// Whether the C library was called by the program.
static int is_for_program(void)
{
    static _Thread_local int is_inside; // backtrace allocates when it is first called
    void *frame[16];
    if (is_inside) return 0;
    is_inside = 1;
    const int n = backtrace(frame, 16);
    is_inside = 0;
    for (int i = 0; i < n; i++)
        if (!contains(&libc, frame[i])) return contains(&program, frame[i]);
    return 0;
}

__attribute__((constructor)) static void begin(void)
{
    const char *at = getenv("MQ_FAIL_AT");
    const char *rank = getenv("MQ_FAIL_RANK");
    const char *own = getenv("OMPI_COMM_WORLD_RANK");
    if (rank != NULL && (own == NULL || strcmp(rank, own) != 0)) return;
    fail_at = at != NULL ? strtoull(at, NULL, 10) : 0;
    (void)dl_iterate_phdr(note_library, NULL);
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("MQ_FAIL_REPORT");
    char text[32];
    if (path == NULL || (chosen.n == 0 && !is_libc_chosen)) return;
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    const int n = snprintf(text, sizeof text, "%llu\n", (unsigned long long)atomic_load(&calls));
    if (file < 0) return;
    (void)!write(file, text, (size_t)n);
    (void)close(file);
}

static int must_fail(const void *caller)
{
    const int counts = contains(&chosen, caller) ||
                       (is_libc_chosen && contains(&libc, caller) && is_for_program());
    if (!counts || atomic_fetch_add(&calls, 1) + 1 != fail_at) return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    return must_fail(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return must_fail(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *pointer, size_t size)
{
    return must_fail(__builtin_return_address(0)) ? NULL : __libc_realloc(pointer, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return must_fail(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, size);
}
