// SPDX-License-Identifier: GPL-2.0-only
// Reading one observable of a fresh socket into a record.
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/xattr.h>
#include <unistd.h>

static void record_odd_length(struct Record *record, int id, size_t length)
{
    const int64_t number = (int64_t)length;
    record_add(record, tag_length, id, &number, sizeof number);
}

static void record_option(struct Record *record, int id, const struct Socket *sock,
                          const uint8_t *bytes, size_t length)
{
    int32_t number;
    bool nonzero = false;
    switch (observables[id].format) {
    case format_i32:
        if (length >= sizeof number) {
            memcpy(&number, bytes, sizeof number);
            record_number(record, id, sock, number);
        } else if (length == 1) {   // IP options answer short buffers by one byte
            record_number(record, id, sock, bytes[0]);
        } else {
            record_odd_length(record, id, length);
        }
        return;
    case format_u32s:
        if (length == 0 || length % sizeof(uint32_t) != 0)
            record_odd_length(record, id, length);
        else
            record_add(record, tag_u32s, id, bytes, length);
        return;
    case format_u64:
        if (length == sizeof(uint64_t))
            record_add(record, tag_u64, id, bytes, length);
        else
            record_odd_length(record, id, length);
        return;
    case format_hex:
        if (length == 0)
            record_odd_length(record, id, length);
        else
            record_add(record, tag_hex, id, bytes, length);
        return;
    case format_len:
        record_number(record, id, sock, (int64_t)length);
        return;
    case format_nonzero:
        for (size_t i = 0; i < length; i++)
            nonzero = nonzero || bytes[i] != 0;
        record_number(record, id, sock, nonzero);
        return;
    case format_str:
        record_text(record, id, (const char *)bytes, strnlen((const char *)bytes, length));
        return;
    }
}

static void read_option(struct Record *record, int id, const struct Socket *sock)
{
    const struct Observable *observable = &observables[id];
    uint8_t bytes[option_size];
    socklen_t length = (socklen_t)observable->length;
    // Not zero: what the kernel reports as written but did not write must show.
    memset(bytes, 0xA5, length);
    if (getsockopt(sock->fd, observable->level, observable->option, bytes, &length) != 0) {
        record_errno(record, id, errno);
        return;
    }
    if (length > (socklen_t)observable->length)
        length = (socklen_t)observable->length;
    record_option(record, id, sock, bytes, length);
}

static void read_name(struct Record *record, int id, const struct Socket *sock)
{
    enum Kind kind = observables[id].kind;
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_storage storage;
    } name = {0};
    socklen_t length = sizeof name;
    int failed = kind == kind_peername ? getpeername(sock->fd, &name.any, &length)
                                       : getsockname(sock->fd, &name.any, &length);
    if (failed != 0) {
        record_errno(record, id, errno);
        return;
    }
    struct Address address = {.family = name.any.sa_family, .port_tag = tag_number};
    if (name.any.sa_family == AF_INET) {
        address.address_length = 4;
        memcpy(address.address, &name.in.sin_addr, 4);
        address.port = ntohs(name.in.sin_port);
    } else if (name.any.sa_family == AF_INET6) {
        address.address_length = 16;
        memcpy(address.address, &name.in6.sin6_addr, 16);
        address.port = ntohs(name.in6.sin6_port);
    }
    if (kind == kind_sockname_port) {
        if (address.address_length != 0)
            record_number(record, id, sock, address.port);
        else
            record_text(record, id, "-", 1);
        return;
    }
    if (observables[id].sym && address.address_length != 0) {
        address.port_tag = (uint16_t)protocol_tag(sock, address.port);
        if (address.port_tag != tag_number)
            address.port = 0;
    }
    record_add(record, tag_address, id, &address, sizeof address);
}

static void read_stat(struct Record *record, int id, struct Socket *sock)
{
    if (!socket_stat(sock)) {
        record_errno(record, id, errno);
        return;
    }
    const struct stat *stat = &sock->stat;
    const int64_t mode = stat->st_mode;
    switch ((enum StatField)observables[id].option) {
    case stat_mode:
        record_add(record, tag_octal, id, &mode, sizeof mode);
        return;
    case stat_uid:
        record_number(record, id, sock, stat->st_uid);
        return;
    case stat_gid:
        record_number(record, id, sock, stat->st_gid);
        return;
    case stat_nlink:
        record_number(record, id, sock, (int64_t)stat->st_nlink);
        return;
    case stat_blksize:
        record_number(record, id, sock, stat->st_blksize);
        return;
    case stat_size:
        record_number(record, id, sock, stat->st_size);
        return;
    }
}

static void read_xattr(struct Record *record, int id, const struct Socket *sock)
{
    char text[option_size];
    const bool list = observables[id].kind == kind_listxattr;
    ssize_t length = list ? flistxattr(sock->fd, text, sizeof text)
                          : fgetxattr(sock->fd, observables[id].file, text, sizeof text);
    if (length < 0) {
        record_errno(record, id, errno);
        return;
    }
    while (length > 0 && text[length - 1] == '\0')
        length--;
    for (ssize_t i = 0; i < length; i++) {
        if (text[i] == '\0')
            text[i] = ',';           // a list of names
    }
    record_text(record, id, text, (size_t)length);
}

// "socket:[INO]", with $inode for the number the socket's own fstat gives.
static void read_fdlink(struct Record *record, int id, struct Socket *sock)
{
    char path[48], own[48], text[word_size];
    snprintf(path, sizeof path, "/proc/self/fd/%d", sock->fd);
    ssize_t length = readlink(path, text, sizeof text - 1);
    if (length < 0 || !socket_stat(sock)) {
        record_errno(record, id, errno);
        return;
    }
    text[length] = '\0';
    snprintf(own, sizeof own, "socket:[%llu]", (unsigned long long)sock->stat.st_ino);
    const char *shown = strcmp(text, own) == 0 ? "socket:[$inode]" : text;
    record_text(record, id, shown, strlen(shown));
}

void read_observable(struct Record *record, int id, struct Socket *sock)
{
    const struct Observable *observable = &observables[id];
    int number;
    switch (observable->kind) {
    case kind_sockopt:
        read_option(record, id, sock);
        return;
    case kind_sockname:
    case kind_sockname_port:
    case kind_peername:
        read_name(record, id, sock);
        return;
    case kind_fstat:
        read_stat(record, id, sock);
        return;
    case kind_fcntl:
        number = fcntl(sock->fd, observable->option);
        if (number < 0)
            record_errno(record, id, errno);
        else
            record_number(record, id, sock, number);
        return;
    case kind_ioctl:
        memset(&number, 0xA5, sizeof number);
        if (ioctl(sock->fd, observable->request, &number) < 0)
            record_errno(record, id, errno);
        else
            record_number(record, id, sock, number);
        return;
    case kind_xattr:
    case kind_listxattr:
        read_xattr(record, id, sock);
        return;
    case kind_fdlink:
        read_fdlink(record, id, sock);
        return;
    case kind_fdinfo:
    case kind_procline:
    case kind_procrow:
    case kind_procfield:
    case kind_procproto:
    case kind_procprotoval:
        read_proc_observable(record, id, sock);
        return;
    case kind_none:
        return;
    }
}
