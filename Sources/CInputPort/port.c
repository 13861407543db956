#define _GNU_SOURCE
#include "CInputPort.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LARGEST_REQUEST = 1 << 20, PORTS = 32 };

/// Requests and answers of one port keep their order, so one thread at a time uses it.
static struct {
    int descriptor;
    uint64_t size;
    pthread_mutex_t lock;
} ports[PORTS];
static int port_count;

static int transfer(int descriptor, void *bytes, size_t count, int is_writing) {
    char *position = bytes;
    while (count > 0) {
        ssize_t part = is_writing ? write(descriptor, position, count) : read(descriptor, position, count);
        if (part < 0 && errno == EINTR) continue;
        if (part <= 0) {
            if (part == 0) errno = EIO;
            return -1;
        }
        position += part;
        count -= (size_t)part;
    }
    return 0;
}

int keyway_input_connect(const char *path, uint64_t *size) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    unsigned char number[8];
    if (port_count == PORTS || strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0
        || transfer(descriptor, number, sizeof number, 0) != 0) {
        int failure = errno;
        close(descriptor);
        errno = failure;
        return -1;
    }
    *size = 0;
    for (int i = 0; i < 8; i++) *size = *size << 8 | number[i];
    ports[port_count].descriptor = descriptor;
    ports[port_count].size = *size;
    pthread_mutex_init(&ports[port_count].lock, NULL);
    port_count++;
    return descriptor;
}

static ssize_t ask(int port, void *bytes, size_t count, uint64_t offset) {
    unsigned char request[12];
    if (offset >= ports[port].size) return 0;
    if (count > ports[port].size - offset) count = (size_t)(ports[port].size - offset);
    if (count > LARGEST_REQUEST) count = LARGEST_REQUEST;
    for (int i = 0; i < 8; i++) request[i] = (unsigned char)(offset >> (56 - 8 * i));
    for (int i = 0; i < 4; i++) request[8 + i] = (unsigned char)(count >> (24 - 8 * i));
    pthread_mutex_lock(&ports[port].lock);
    int failed = transfer(ports[port].descriptor, request, sizeof request, 1) != 0
        || transfer(ports[port].descriptor, bytes, count, 0) != 0;
    pthread_mutex_unlock(&ports[port].lock);
    return failed ? -1 : (ssize_t)count;
}

ssize_t keyway_input_read(int descriptor, void *bytes, size_t count, int64_t offset) {
    if (offset < 0) {
        errno = EINVAL;
        return -1;
    }
    for (int port = 0; port < port_count; port++)
        if (ports[port].descriptor == descriptor) return ask(port, bytes, count, (uint64_t)offset);
    return pread(descriptor, bytes, count, (off_t)offset);
}
