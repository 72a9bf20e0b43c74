/* Sockets: passing descriptors to another process, which is how a new router takes over the listening sockets of the old
   one, and a send that costs no more than the kernel's part of it. */
#define _GNU_SOURCE
#include "chost.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    batch = 253,           /* SCM_MAX_FD: the kernel takes no more in one message */
    patience_ms = 5000,
    last = 'L', more = 'M' /* the byte that each message carries */
};

ssize_t chost_send_now(int socket, const void *bytes, size_t count) {
    return syscall(SYS_sendto, socket, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
}

/* Waits for a socket that would block; -1 with ETIMEDOUT when it stays so. */
static int await(int socket, short events) {
    struct pollfd entry = {.fd = socket, .events = events};
    int result;
    do result = poll(&entry, 1, patience_ms); while (result < 0 && errno == EINTR);
    if (result == 0) errno = ETIMEDOUT;
    return result > 0 ? 0 : -1;
}

static int send_batch(int socket, const int *fds, int count, char mark) {
    union {
        char bytes[CMSG_SPACE(sizeof(int) * batch)];
        struct cmsghdr align;
    } control = {0};
    struct iovec data = {.iov_base = &mark, .iov_len = 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    if (count > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
        memcpy(CMSG_DATA(header), fds, sizeof(int) * (size_t)count);
    }
    for (;;) {
        if (sendmsg(socket, &message, MSG_NOSIGNAL) == 1) return 0;
        if (errno == EINTR) continue;
        if ((errno != EAGAIN && errno != EWOULDBLOCK) || await(socket, POLLOUT) != 0) return -1;
    }
}

int chost_send_fds(int socket, const int *fds, int count) {
    int sent = 0;
    do {
        int part = count - sent < batch ? count - sent : batch;
        if (send_batch(socket, fds + sent, part, sent + part < count ? more : last) != 0) return -1;
        sent += part;
    } while (sent < count);
    return 0;
}

static void close_all(const int *fds, int count) {
    int error = errno;
    for (int index = 0; index < count; index++) close(fds[index]);
    errno = error;
}

/* Receives one message into `fds` (room for a batch) and returns the number of descriptors. */
static int receive_batch(int socket, int *fds, char *mark) {
    union {
        char bytes[CMSG_SPACE(sizeof(int) * batch)];
        struct cmsghdr align;
    } control;
    struct iovec data = {.iov_base = mark, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t length;
    for (;;) {
        /* Waiting first bounds the wait on a blocking socket, too. */
        if (await(socket, POLLIN) != 0) return -1;
        length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
        if (length >= 0) break;
        if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK) return -1;
    }
    int count = 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        count = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(fds, CMSG_DATA(header), sizeof(int) * (size_t)count);
    }
    if (length == 1 && (*mark == last || *mark == more) && !(message.msg_flags & MSG_CTRUNC)) return count;
    errno = length == 0 ? ECONNRESET : EPROTO;
    close_all(fds, count);
    return -1;
}

int chost_recv_fds(int socket, int *fds, int capacity) {
    int received = 0;
    char mark = more;
    while (mark == more) {
        int part[batch];
        int count = receive_batch(socket, part, &mark);
        if (count > capacity - received) {
            close_all(part, count);
            errno = EMSGSIZE;
            count = -1;
        }
        if (count < 0) {
            close_all(fds, received);
            return -1;
        }
        memcpy(fds + received, part, sizeof(int) * (size_t)count);
        received += count;
    }
    return received;
}
