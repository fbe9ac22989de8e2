// wire DELAY_US HOST...: links with a delay, for kernels without netem. A host is a network namespace
// of that name. Its card eth0 and the port of the switch that it is plugged into (h1: port1, here)
// are TAP devices, and every frame that enters one of them leaves the other DELAY_US later. Prints
// "ready" and runs until it is killed; the devices go with it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum {
    HOSTS_MOST = 32,
    FRAME_MOST = 10 + 14 + (1 << 16)
}; // header of the device, Ethernet, packet

struct frame {
    struct frame *next;
    int64_t due_ns;
    int to;
    ssize_t length;
    unsigned char bytes[FRAME_MOST];
};

// One delay for all, so frames leave in the order in which they came.
static struct frame *first;
static struct frame **last = &first;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

// A device belongs to the namespace it is opened in. It hands over segments of up to 64 KiB, as the
// kernel cut them, with a header that says so and is passed on with the frame.
static int open_device(const char *name)
{
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
    (void)snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    const int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (device < 0) die("/dev/net/tun");
    if (ioctl(device, TUNSETIFF, &request) < 0) die(name);
    if (ioctl(device, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) < 0) die(name);
    return device;
}

static void enter(int namespace)
{
    if (setns(namespace, CLONE_NEWNET) < 0) die("setns");
}

static void open_link(const char *host, int here, struct pollfd ends[2])
{
    char name[64];
    (void)snprintf(name, sizeof name, "/run/netns/%s", host);
    const int there = open(name, O_RDONLY | O_CLOEXEC);
    if (there < 0) die(name);
    enter(there);
    ends[0] = (struct pollfd){.fd = open_device("eth0"), .events = POLLIN};
    enter(here);
    (void)snprintf(name, sizeof name, "port%s", host + 1);
    ends[1] = (struct pollfd){.fd = open_device(name), .events = POLLIN};
    (void)close(there);
}

static void take(int from, int to, int64_t delay_ns)
{
    for (;;) {
        struct frame *frame = malloc(sizeof *frame);
        if (frame == NULL) die("malloc");
        frame->length = read(from, frame->bytes, sizeof frame->bytes);
        if (frame->length < 0) {
            if (errno != EAGAIN) die("read");
            free(frame);
            return;
        }
        frame->next = NULL;
        frame->due_ns = now_ns() + delay_ns;
        frame->to = to;
        *last = frame;
        last = &frame->next;
    }
}

// What a device does not take is lost, as on any network.
static void deliver(void)
{
    while (first != NULL && first->due_ns <= now_ns()) {
        struct frame *frame = first;
        if (write(frame->to, frame->bytes, (size_t)frame->length) < 0) frame->length = 0;
        first = frame->next;
        if (first == NULL) last = &first;
        free(frame);
    }
}

static void wait_for(struct pollfd ends[], nfds_t n)
{
    struct timespec left = {0};
    const int64_t left_ns = first != NULL ? first->due_ns - now_ns() : 0;
    if (left_ns > 0) {
        left.tv_sec = left_ns / 1000000000;
        left.tv_nsec = left_ns % 1000000000;
    }
    if (ppoll(ends, n, first != NULL ? &left : NULL, NULL) < 0) die("ppoll");
}

int main(int argc, char *argv[])
{
    struct pollfd ends[2 * HOSTS_MOST];
    const int hosts = argc - 2;
    const int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (hosts < 1 || hosts > HOSTS_MOST || here < 0) return 2;
    const int64_t delay_ns = (int64_t)(1000 * strtod(argv[1], NULL));
    for (int i = 0; i < hosts; i++)
        open_link(argv[2 + i], here, ends + 2 * i);
    // Ranks that spin on every core would hold frames up for milliseconds.
    const struct sched_param urgent = {.sched_priority = 1};
    (void)sched_setscheduler(0, SCHED_FIFO, &urgent);
    (void)puts("ready");
    (void)fflush(stdout);
    for (;;) {
        wait_for(ends, (nfds_t)(2 * hosts));
        for (int i = 0; i < 2 * hosts; i++) {
            deliver();
            if (ends[i].revents != 0) take(ends[i].fd, ends[i ^ 1].fd, delay_ns);
        }
    }
}
